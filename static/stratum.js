// A select that submits its form, and nothing else: every page works without this file.
document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-submits]")) event.target.form.submit();
});

// A page that refreshes itself waits while somebody reads a table in it or types.
document.addEventListener("htmx:beforeRequest", (event) => {
  const live = event.target;
  if (live.id === "live" && (live.querySelector("details[open]") || live.contains(document.activeElement))) event.preventDefault();
});
