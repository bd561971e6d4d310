// What is in view when the browser has started it, a run or a group: the script follows. Streamlit
// loses what it is told while it is not connected. The URL keeps it.

const PATIENCE = 8000; // milliseconds for the script to follow; then the page is loaded again

/**
 * Name in the URL what is to be in view.
 *
 * @param {"run" | "group"} kind
 * @param {string | null} id null: none
 * @returns {() => void} cancels the reload: the script shows it, or the component ends
 */
export function putInView(kind, id) {
  const url = new URL(location.href);
  if (id) url.searchParams.set(kind, id);
  else url.searchParams.delete(kind);
  history.replaceState(history.state, "", url);
  const timer = setTimeout(() => location.reload(), PATIENCE);
  return () => clearTimeout(timer);
}
