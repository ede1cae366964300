// Credentials of an app: entered, checked with Microsoft, and never shown again.

import { put } from "./api.js";
import { card, errorBox, field, form, input, submitButton } from "./ui.js";
import { h } from "./windows/dom.js";

const FIELDS = {
  package_sid: [["package_sid", "Package SID", "Partner Center, WNS/MPNS: begins with ms-app://"]],
  entra: [
    ["tenant_id", "Tenant id", "Microsoft Entra, App registrations: Directory (tenant) ID"],
    ["client_id", "Client id", "Application (client) ID"],
  ],
};

/** `stored()` is called once Microsoft has accepted them. */
export function credentialsCard(app, stored) {
  const controls = Object.fromEntries(
    FIELDS[app.identity].map(([name]) => [name, input({ required: true, name })]),
  );
  const secret = input({
    type: "password",
    required: true,
    name: "client_secret",
    autocomplete: "new-password",
  });
  const answer = h("div", { class: "answer", "aria-live": "polite" });
  const save = async () => {
    answer.replaceChildren(h("p", { class: "quiet" }, "Asking Microsoft…"));
    const given = Object.fromEntries(
      Object.entries(controls).map(([name, control]) => [name, control.value.trim()]),
    );
    try {
      await put(["apps", app.app_id, "credentials"], {
        identity: app.identity,
        ...given,
        client_secret: secret.value,
      });
    } catch (error) {
      answer.replaceChildren(errorBox(error));
      return;
    }
    secret.value = "";
    answer.replaceChildren(h("p", { class: "good-box" }, "Microsoft accepted them; they are stored."));
    await stored();
  };
  return card(
    "Credentials",
    form(
      save,
      h(
        "p",
        { class: "quiet" },
        "Checked with Microsoft before they are stored. What is stored is never shown.",
      ),
      FIELDS[app.identity].map(([name, label, hint]) => field(label, controls[name], hint)),
      field("Client secret", secret),
      h("div", { class: "row" }, submitButton("Check and store")),
      answer,
    ),
  );
}
