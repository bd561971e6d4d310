// Choices that the browser keeps for the next visit.

/**
 * Give a field the value it had last time, and keep what is chosen from now on.
 *
 * @param {HTMLInputElement | HTMLSelectElement} field a checkbox or a menu
 * @param {string} key under which it is kept
 */
export function remember(field, key) {
  try { // the visitor may have forbidden it
    const kept = localStorage.getItem(key);
    if (kept !== null) {
      if (field instanceof HTMLInputElement) field.checked = kept === "true";
      else if ([...field.options].some(({ value }) => value === kept)) field.value = kept;
    }
    field.addEventListener("change", () => {
      const isBox = field instanceof HTMLInputElement;
      localStorage.setItem(key, isBox ? String(field.checked) : field.value);
    });
  } catch {
    // The choice lasts as long as the page.
  }
}
