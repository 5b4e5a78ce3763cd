"use strict";
/* Judging captions: buttons and keys, remembered by the browser, saved as a CSV. */
(() => {
  const byId = (id) => document.getElementById(id);
  const rows = [...document.querySelectorAll(".row")];
  const ids = new Set(rows.map((row) => row.dataset.caption));
  const place = `multihowto-sheet-${document.body.dataset.sheet}`;
  const judge = byId("judge");
  const said = Object.create(null); /* by caption: [verdict, when] */
  let now = 0;
  let lasting = true; /* whether the browser remembers */

  const remember = () => {
    try { localStorage.setItem(place, JSON.stringify({ judge: judge.value, said })); } catch { lasting = false; }
  };
  const recall = () => {
    try {
      const kept = JSON.parse(localStorage.getItem(place)) || {};
      judge.value = kept.judge || "";
      for (const [id, one] of Object.entries(kept.said || {})) if (ids.has(id)) said[id] = one;
    } catch { lasting = false; }
  };

  const show = (note = "") => {
    for (const [number, row] of rows.entries()) {
      row.classList.toggle("now", number === now);
      const [verdict] = said[row.dataset.caption] || [];
      for (const button of row.querySelectorAll("[data-verdict]")) {
        button.setAttribute("aria-pressed", String(button.dataset.verdict === verdict));
      }
    }
    const done = Object.keys(said).length;
    const warning = lasting ? "" : " This browser does not remember: save before you leave.";
    byId("progress").textContent = `${done} of ${rows.length} judged.${warning}${note}`;
  };
  const go = (number, scroll = true) => {
    now = Math.max(0, Math.min(rows.length - 1, number));
    show();
    if (scroll) {
      rows[now].focus({ preventScroll: true });
      rows[now].scrollIntoView({ block: "nearest" });
    }
  };
  const say = (number, verdict) => {
    const id = rows[number].dataset.caption;
    if (verdict) said[id] = [verdict, new Date().toISOString()];
    else delete said[id];
    remember();
  };

  /* A cell of a CSV that no spreadsheet takes for a formula. */
  const cell = (text) => `"${(/^[=+\-@]/.test(text) ? "'" + text : text).replace(/"/g, '""')}"`;
  const table = () => {
    const lines = rows.filter((row) => said[row.dataset.caption]).map((row) => {
      const [verdict, when] = said[row.dataset.caption];
      return [row.dataset.caption, verdict, judge.value.trim(), when, row.dataset.sha].map(cell).join(",");
    });
    return [document.body.dataset.columns, ...lines, ""].join("\r\n");
  };
  const save = () => {
    if (!judge.value.trim()) {
      judge.focus();
      show(" Write your name first.");
      return;
    }
    const url = URL.createObjectURL(new Blob([table()], { type: "text/csv" }));
    const link = Object.assign(document.createElement("a"), { href: url, download: "verdicts.csv" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
    show(" Saved as verdicts.csv.");
  };

  const play = () => {
    const video = rows[now].querySelector("video");
    if (!video) return;
    if (video.paused) video.play().catch(() => show(" The video cannot be played.")); else video.pause();
  };
  document.addEventListener("play", (event) => {
    for (const video of document.querySelectorAll("video")) if (video !== event.target) video.pause();
  }, true);

  for (const [number, row] of rows.entries()) {
    row.querySelector(".choose").hidden = false;
    row.addEventListener("pointerdown", () => go(number, false));
    row.addEventListener("focusin", () => { if (now !== number) go(number, false); });
    for (const button of row.querySelectorAll("[data-verdict]")) {
      button.addEventListener("click", () => { say(number, button.dataset.verdict); go(number, false); });
    }
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, video")) return;
    const buttons = [...rows[now].querySelectorAll("[data-verdict]")];
    const acts = {
      0: () => { say(now, ""); show(); },
      j: () => go(now + 1), ArrowDown: () => go(now + 1),
      k: () => go(now - 1), ArrowUp: () => go(now - 1),
      p: play,
    };
    buttons.forEach((button, number) => {
      acts[number + 1] = () => { say(now, button.dataset.verdict); go(now + 1); };
    });
    if (!Object.hasOwn(acts, event.key)) return;
    event.preventDefault();
    acts[event.key]();
  });
  judge.addEventListener("input", remember);
  byId("save").addEventListener("click", save);
  byId("bar").hidden = false;
  recall();
  const open = rows.findIndex((row) => !said[row.dataset.caption]);
  go(Math.max(0, open), open > 0);
})();
