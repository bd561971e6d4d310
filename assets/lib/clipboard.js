// Text for the clipboard.

/**
 * Whether the text is in the clipboard. Browsers give it to pages of https and localhost only;
 * others must do with the command for the selected text of `field`, which holds it.
 *
 * @param {string} text
 * @param {HTMLInputElement} field
 * @param {HTMLElement} fallback shown around the field unless the clipboard has taken the text
 */
export async function copyText(text, field, fallback) {
  field.value = text;
  fallback.hidden = true;
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    fallback.hidden = false;
    field.select();
    fallback.hidden = document.execCommand("copy");
    return fallback.hidden;
  }
}
