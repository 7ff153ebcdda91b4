/**
 * The screen's types of what the API answers: an OpenAPI document on standard input, TypeScript on standard output.
 *
 * Only the schemas: paths and parameters stay with the functions that ask.
 */
import { text as whole } from "node:stream/consumers";
import openapiTS, { astToString } from "openapi-typescript";

const { openapi, info, components } = JSON.parse(await whole(process.stdin));
const bare = JSON.stringify({ openapi, info, paths: {}, components: { schemas: components.schemas } });
const text = astToString(await openapiTS(bare))
  .split("\n")
  .filter((line) => !/^export (type (paths|webhooks|\$defs|operations)|interface (paths|operations))\b/.test(line))
  .join("\n");
process.stdout.write(`/** Written by \`make types\` from the API's own description; not by hand. */\n\n${text}`);
