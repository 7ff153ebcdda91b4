/**
 * Whether a moment in a form was refused beside its field: then its field says why and has the focus, and the form does
 * not go out, for what it would send is the moment before. For forms with `noValidate`, where the browser bars nothing;
 * what is merely missing they say themselves.
 */
export function holdsRefused(form: HTMLFormElement): boolean {
  for (const field of form.elements) {
    if (!(field as Partial<HTMLInputElement>).validity?.customError) continue;
    // What is folded away cannot have the focus.
    const fold = field.closest("details");
    if (fold !== null) fold.open = true;
    (field as HTMLInputElement).reportValidity();
    return true;
  }
  return false;
}
