// A certified OpenID provider (npm's oidc-provider) for tests: node provider.mjs PORT REDIRECT_URI
// Whoever signs in is called as they write. Its keys are new with every start.
import { generateKeyPairSync } from "node:crypto";
import Provider from "oidc-provider";

const [port, redirectUri] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
// People by what they write; anybody else is in no group.
const people = {
  lan: { name: "Nguyễn Thị Lan", preferred_username: "Lan.NT", email: "lan@example.vn", groups: ["truc-ban", "khac"] },
  minh: { name: "Trần Văn Minh", preferred_username: "admin", groups: ["truc-ban"] },
};
const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });

const provider = new Provider(issuer, {
  clients: [{ client_id: "ioc", client_secret: "a secret for tests: +/%", redirect_uris: [redirectUri] }],
  jwks: { keys: [{ ...key, use: "sig", kid: `of-process-${process.pid}` }] },
  cookies: { keys: ["a-key-for-tests"] },
  claims: { openid: ["sub"], profile: ["name", "preferred_username"], email: ["email"], groups: ["groups"] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
  // Nobody is asked whether they consent.
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope("openid profile email groups");
    await grant.save();
    return grant;
  },
});
provider.listen(Number(port), "127.0.0.1", () => console.log(`listens at ${issuer}`));
