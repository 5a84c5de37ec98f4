// Everything on the site works without this file. It adds what GOV.UK Frontend adds (a character count that counts,
// error summaries that take the focus, buttons that ignore a second click) and opens the print window on print pages.
import { initAll } from "./govuk-frontend.min.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();

for (const link of document.querySelectorAll("[data-print-now]")) {
  link.hidden = false;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    window.print();
  });
}
