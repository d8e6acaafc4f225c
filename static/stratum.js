// A select that submits its form, and nothing else: every page works without this file.
document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-submits]")) event.target.form.submit();
});
