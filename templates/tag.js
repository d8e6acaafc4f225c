/* Stratum's first-party tag: <script src="https://…/t.js" data-write-key="wk_…" data-consent="2" defer></script>
   It sends one touchpoint a page view. Without consent (data-consent="0") nothing that identifies a person is sent. */
(function () {
  var script = document.currentScript;
  var consent = Number(script.dataset.consent || 0);
  var stored = null;
  try { stored = consent ? localStorage.getItem("stratum_id") : null; } catch (error) { stored = null; }
  var id = stored || (consent ? crypto.randomUUID() : null);
  try { if (consent) localStorage.setItem("stratum_id", id); } catch (error) { id = id; }
  fetch(new URL("/collect", script.src), {
    method: "POST",
    credentials: "include",
    keepalive: true,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      write_key: script.dataset.writeKey,
      touchpoint_id: crypto.randomUUID(),
      url: location.href,
      anonymous_id: id,
      consent: consent,
    }),
  });
})();
