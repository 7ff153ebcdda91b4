import type { Contact } from "../../api/rules";
import { t } from "../../i18n";
import { Field } from "../../parts/Field";

const FIELDS = ["name", "duty", "phone", "email"] as const;

/** Whom to call, in this order. Nothing is sent to them by itself. */
export function ContactsEditor({
  contacts,
  onContacts,
}: {
  contacts: Contact[];
  onContacts: (contacts: Contact[]) => void;
}) {
  const put = (i: number, change: Partial<Contact>): void =>
    onContacts(contacts.map((one, k) => (k === i ? { ...one, ...change } : one)));
  const up = (i: number): void => {
    const next = [...contacts];
    const [one] = next.splice(i, 1);
    if (one !== undefined) next.splice(i - 1, 0, one);
    onContacts(next);
  };
  return (
    <fieldset class="grant" data-contacts={contacts.length}>
      <legend>{t("department.contacts")}</legend>
      <p class="dim">{t("department.contacts_help")}</p>
      {contacts.map((one, i) => (
        <div key={i} class="form-row contact-row">
          {FIELDS.map((field) => (
            <Field
              key={field}
              name={`contact-${i}-${field}`}
              label={t(`contact.${field}`)}
              type={field === "email" ? "email" : "text"}
              value={one[field]}
              onValue={(value) => put(i, { [field]: value })}
            />
          ))}
          <span class="contact-acts">
            {i > 0 && (
              <button type="button" class="text-button" onClick={() => up(i)}>
                {t("contact.up")}
              </button>
            )}
            <button
              type="button"
              class="text-button"
              onClick={() => onContacts(contacts.filter((_, k) => k !== i))}
            >
              {t("contact.remove")}
            </button>
          </span>
        </div>
      ))}
      <button
        type="button"
        class="text-button"
        data-act="add-contact"
        onClick={() => onContacts([...contacts, { name: "", duty: "", phone: "", email: "" }])}
      >
        + {t("contact.add")}
      </button>
    </fieldset>
  );
}
