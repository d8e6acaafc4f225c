/* Stratum's first-party tag: <script src="https://…/t.js" data-write-key="wk_…" data-consent="2" defer></script>
   One touchpoint a page view, one a sent form. data-consent: 0 none, 1 measurement, 2 ads too; a consent banner may change it
   later with stratum.consent(2). Without consent nothing that identifies a person is stored, read or sent. */
(function () {
  var script = document.currentScript;
  var level = Number(script.dataset.consent || 0);
  var kinds = ["fbclid", "gclid", "gbraid", "wbraid", "msclkid", "ttclid", "li_fat_id"];
  var unpaid = /^(social|organic|organic[-_]social|social[-_]organic|e-?mail|mail|newsletter|sms|push|referral)$/i;

  function read(name) {
    try { return level ? JSON.parse(localStorage.getItem("stratum_" + name)) : null; } catch (error) { return null; }
  }
  function keep(name, value) {
    try { localStorage.setItem("stratum_" + name, JSON.stringify(value)); } catch (error) { return; }
  }
  function forget() {
    try { ["id", "click"].forEach(function (name) { localStorage.removeItem("stratum_" + name); }); } catch (error) { return; }
  }
  function cookie(name) {
    var found = document.cookie.split("; ").find(function (one) { return one.startsWith(name + "="); });
    return found ? found.slice(name.length + 1) : "";
  }

  /* Behind "?", "#" or a second "?", names in any case, "&amp;" for "&"; of two the last, which is the newest. */
  function parameters() {
    var found = {};
    (location.search + location.hash).replace(/&(amp;)+/gi, "&").split(/[?#&]/).forEach(function (piece) {
      var place = piece.indexOf("=");
      if (place < 1 || place === piece.length - 1) return;
      try {
        found[decodeURIComponent(piece.slice(0, place)).toLowerCase()] = decodeURIComponent(piece.slice(place + 1).replace(/\+/g, " "));
      } catch (error) { return; }
    });
    return found;
  }

  /* The click id of this page, or the last one, with the moment at which this browser first had it. Its case is kept. */
  function click() {
    var query = parameters();
    var kind = kinds.find(function (one) { return query[one] && !/[{}]/.test(query[one]); });
    var last = read("click");
    if (!kind || !level || unpaid.test(query.utm_medium || "")) return last;
    if (last && last.id === query[kind]) return last;
    var now = { kind: kind, id: query[kind], seen: Date.now() };
    keep("click", now);
    return now;
  }
  function fbc(last) {
    var own = last && last.kind === "fbclid" ? "fb.1." + last.seen + "." + last.id : "";
    var pixels = cookie("_fbc");
    return pixels && (!own || pixels.endsWith("." + last.id)) ? pixels : own;
  }
  /* What the device looks like, without what an update of the browser changes; kept as a keyed hash only. */
  function fingerprint() {
    var looks = [screen.width, screen.height, screen.colorDepth, devicePixelRatio, navigator.hardwareConcurrency, navigator.maxTouchPoints];
    var place = [Intl.DateTimeFormat().resolvedOptions().timeZone, navigator.language, navigator.userAgent.replace(/[\d.]+/g, "")];
    return looks.concat(place).join("|").slice(0, 200);
  }
  function known() {
    var last = click();
    var found = { anonymous_id: read("id"), click_id: last && last.id, click_id_kind: last && last.kind };
    found.click_id_seen_at = last ? new Date(last.seen).toISOString() : null;
    if (level > 1) { found.fbp = cookie("_fbp"); found.fbc = fbc(last); found.fingerprint = fingerprint(); }
    return level ? found : {};
  }

  function send(more) {
    var body = { write_key: script.dataset.writeKey, touchpoint_id: crypto.randomUUID(), url: location.href, consent: level };
    return fetch(new URL("/collect", script.src), {
      method: "POST",
      credentials: "include",
      keepalive: true,
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(Object.assign(body, known(), more)),
    }).then(function (answer) { return answer.status === 200 ? answer.json() : null; }).then(function (told) {
      if (told && level) keep("id", told.anonymous_id);
    }).catch(function () { return null; });
  }

  /* What a form carries into the CRM: fields with these names are filled, and made in forms that ask with data-stratum. */
  function fill(form) {
    var found = known();
    var fields = {
      stratum_anonymous_id: found.anonymous_id,
      stratum_click_id: found.click_id,
      stratum_click_id_kind: found.click_id_kind,
      stratum_click_id_seen_at: found.click_id_seen_at,
      stratum_fbp: found.fbp,
    };
    Object.keys(fields).forEach(function (name) {
      var input = form.elements.namedItem(name);
      if (!input && "stratum" in form.dataset && fields[name]) {
        input = form.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name: name }));
      }
      if (input) input.value = fields[name] || "";
    });
  }
  document.addEventListener("submit", function (event) {
    fill(event.target);
    send({ kind: "form", form_id: event.target.getAttribute("id") || event.target.getAttribute("name") || "" });
  }, true);

  window.stratum = {
    consent: function (given) {
      var before = level;
      level = Number(given) || 0;
      if (!level) forget();
      if (level > before) send();
    },
  };
  send();
})();
