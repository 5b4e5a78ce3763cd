"use strict";
/* The browser of clips and the theme. Text from outside is only ever set as text; nothing is fetched. */
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const PAGE = 60; /* so many results at first, and so many more each time */
  const byId = (id) => document.getElementById(id);

  const make = (tag, fields = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), fields);
    node.append(...children);
    return node;
  };
  const draw = (tag, attributes) => {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  };

  /* light and dark */
  const theme = byId("theme");
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme || (system.matches ? "dark" : "light")) === "dark";
  const nameTheme = () => { theme.textContent = isDark() ? "Light colours" : "Dark colours"; };
  theme.hidden = false;
  theme.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; nameTheme(); });
  system.addEventListener("change", nameTheme);
  nameTheme();

  const data = JSON.parse(byId("data").textContent);
  if (!data.videos.length) return;

  const names = new Map(data.languages.map(([code, name, native]) => [code, { name, native }]));
  const nameOf = (code) => (names.get(code) || { name: code }).name;
  const originOf = (origin) => data.origins[origin] || origin;
  const pivot = data.languages[0][0];

  /* Text without case and accents: what is searched. One character may become several, or none. */
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()
    .replace(/đ/g, "d").replace(/ı/g, "i").replace(/ł/g, "l").replace(/ø/g, "o").replace(/ß/g, "ss");
  const wordsOf = (text) => fold(text).split(/\s+/).filter(Boolean);

  const clips = data.videos.flatMap((video) => video.clips.map((clip) => ({ ...clip, video })));
  for (const clip of clips) for (const caption of clip.captions) caption.folded = fold(caption.text);

  const clock = (ms) => {
    const tenths = Math.round(ms / 100);
    return `${Math.floor(tenths / 600)}:${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}.${tenths % 10}`;
  };

  /* The spans of a text that hold one of the words, found in its folded form. */
  const spans = (text, words) => {
    const from = [];
    let folded = "", at = 0;
    for (const char of text) {
      const piece = fold(char);
      for (let i = 0; i < piece.length; i++) from.push([at, at + char.length]);
      folded += piece;
      at += char.length;
    }
    const found = [];
    for (const word of words) {
      for (let i = folded.indexOf(word); i >= 0; i = folded.indexOf(word, i + word.length)) {
        found.push([from[i][0], from[i + word.length - 1][1]]);
      }
    }
    return found.sort((a, b) => a[0] - b[0]);
  };
  const marked = (caption, words) => {
    const bdi = make("bdi", { lang: caption.language, dir: "auto" });
    let at = 0;
    for (const [start, end] of spans(caption.text, words)) {
      if (start < at) continue;
      bdi.append(caption.text.slice(at, start), make("mark", { textContent: caption.text.slice(start, end) }));
      at = end;
    }
    bdi.append(caption.text.slice(at));
    return bdi;
  };

  /* filters */
  const field = { words: byId("words"), language: byId("in-language"), origin: byId("of-origin") };
  const captions = clips.flatMap((clip) => clip.captions);
  const there = (name) => new Set(captions.map((caption) => caption[name]));
  const option = (value, textContent) => make("option", { value, textContent });
  const languages = there("language");
  for (const [code, name, native] of data.languages) {
    if (languages.has(code)) field.language.append(option(code, native && native !== name ? `${name} · ${native}` : name));
  }
  for (const origin of there("origin")) field.origin.append(option(origin, originOf(origin)));

  let words = [], hits = [], limit = PAGE, chosen = null;
  const fits = (caption) =>
    (!field.language.value || caption.language === field.language.value) &&
    (!field.origin.value || caption.origin === field.origin.value) &&
    words.every((word) => caption.folded.includes(word));

  const search = () => {
    words = wordsOf(field.words.value);
    const narrowed = words.length || field.language.value || field.origin.value;
    hits = [];
    let found = 0;
    for (const clip of clips) {
      const fitting = clip.captions.filter(fits);
      found += fitting.length;
      if (fitting.length) hits.push({ clip, caption: fitting.find((one) => one.language === pivot) || fitting[0] });
      else if (!narrowed) hits.push({ clip, caption: null });
    }
    limit = PAGE;
    const count = (n, what) => `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;
    byId("tally").textContent = hits.length ? `${count(hits.length, "clip")}, ${count(found, "caption")}` : "No caption fits; try fewer words or another filter.";
    list();
    if (chosen) tell();
  };

  /* the list of clips: one stop for Tab, arrows inside */
  const picks = byId("picks");
  const entry = ({ clip, caption }) => {
    const line = make("span", { className: "line" });
    line.append(caption ? marked(caption, words) : "no caption");
    const from = make("span", { className: "from", textContent: caption && caption.language !== pivot ? nameOf(caption.language) : "" });
    const when = make("span", { className: "when", textContent: clock(clip.start) });
    const button = make("button", { type: "button", className: "pick", tabIndex: -1 }, when, line, from);
    button.dataset.clip = clip.id;
    button.addEventListener("click", () => {
      choose(clip, true);
      /* on a phone the list is below the video */
      if (video.getBoundingClientRect().bottom < 60) byId("stage").scrollIntoView();
    });
    return make("li", {}, button);
  };
  const buttons = () => [...picks.querySelectorAll(".pick")];
  const list = () => {
    const shown = [];
    let last = null;
    for (const hit of hits.slice(0, limit)) {
      if (hit.clip.video !== last) shown.push(make("li", { className: "video" }, make("bdi", { dir: "auto", textContent: hit.clip.video.title })));
      last = hit.clip.video;
      shown.push(entry(hit));
    }
    if (hits.length > limit) {
      const more = make("button", { type: "button", className: "more", textContent: `Show more (${hits.length - limit} left)` });
      more.addEventListener("click", () => { const at = limit; limit += PAGE; list(); focusOn(buttons()[at]); });
      shown.push(make("li", {}, more));
    }
    picks.replaceChildren(...shown);
    point();
  };
  const point = () => {
    const all = buttons();
    let stop = all[0];
    for (const button of all) {
      const now = chosen !== null && button.dataset.clip === chosen.id;
      if (now) { button.setAttribute("aria-current", "true"); stop = button; } else button.removeAttribute("aria-current");
      button.tabIndex = -1;
    }
    if (stop) stop.tabIndex = 0;
    return stop;
  };
  const focusOn = (button) => {
    if (!button) return;
    for (const other of buttons()) other.tabIndex = -1;
    button.tabIndex = 0;
    button.focus();
  };
  picks.addEventListener("keydown", (event) => {
    const all = buttons();
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    focusOn(all[Math.max(0, Math.min(all.length - 1, to))]);
  });

  /* the chosen clip: its video, its place in it, its captions */
  const video = byId("video"), lane = byId("lane");
  let loaded = null, head = null;
  const load = (source) => {
    loaded = source;
    video.hidden = !source.media;
    byId("nopicture").hidden = Boolean(source.media);
    byId("nopicture").textContent = "The media of this video are not in this file.";
    if (source.media) video.src = source.media; else video.removeAttribute("src");
    const share = (ms) => `${Math.min(100, (100 * ms) / Math.max(1, source.duration))}%`;
    lane.replaceChildren(...source.clips.map((clip) => {
      const box = draw("rect", { x: share(clip.start), width: share(clip.end - clip.start), y: 6, height: 14, rx: 2 });
      box.dataset.clip = clip.id;
      return box;
    }));
    head = draw("line", { x1: 0, x2: 0, y1: 0, y2: 26 });
    lane.append(head);
  };
  lane.addEventListener("click", (event) => {
    const clip = clips.find((one) => one.id === event.target.dataset.clip);
    if (clip) choose(clip, true);
  });

  const choose = (clip, play) => {
    const seek = () => {
      video.currentTime = clip.start / 1000;
      if (play) video.play().catch(() => {}); /* the reader may have stopped it, or the browser forbids it */
    };
    if (loaded !== clip.video) {
      load(clip.video);
      if (clip.video.media) video.addEventListener("loadedmetadata", seek, { once: true });
    } else if (clip.video.media) seek();
    show(clip);
  };
  const show = (clip) => {
    chosen = clip;
    const stop = point();
    if (stop && stop.getAttribute("aria-current") && !picks.contains(document.activeElement)) {
      const above = stop.offsetTop - picks.offsetTop;
      if (above < picks.scrollTop || above > picks.scrollTop + picks.clientHeight - 60) picks.scrollTop = above - 60;
    }
    for (const box of lane.querySelectorAll("rect")) box.classList.toggle("now", box.dataset.clip === clip.id);
    byId("title").textContent = clip.video.title;
    tellAbout(clip);
    tell();
  };
  const tellAbout = (clip) => {
    const { video: source } = clip;
    const facts = [`${clock(clip.start)} to ${clock(clip.end)}`, source.split];
    if (source.channel) facts.push(source.channel);
    facts.push(`licence: ${source.license || "the site states none"}`);
    if (clip.whyNot.length) facts.push(`not kept: ${clip.whyNot.join(", ")}`);
    const about = byId("about");
    about.replaceChildren(facts.join(" · "), " · ");
    about.append(source.url ? make("a", { href: source.url, rel: "noreferrer noopener", textContent: source.site || "source" }) : source.site);
  };
  const tell = () => {
    const said = new Map(chosen.captions.map((caption) => [caption.language, caption]));
    const codes = [...new Set([...names.keys(), ...said.keys()])];
    byId("said").replaceChildren(...codes.map((code) => {
      const who = make("span", { className: "who", textContent: nameOf(code) });
      const caption = said.get(code);
      if (!caption) return make("li", {}, who, make("span", { className: "none", textContent: "no caption" }));
      const text = make("span", { className: "text" }, marked(caption, fits(caption) ? words : []));
      const item = make("li", {}, who, text, make("span", { className: "facts" }, ...facts(caption)));
      item.dataset.language = code;
      return item;
    }));
  };
  const facts = (caption) => {
    const dot = draw("svg", { "aria-hidden": "true" });
    dot.append(draw("circle", { cx: 4.5, cy: 4.5, r: 4.5, class: caption.origin }));
    const rest = [data.methods[caption.how] || caption.how];
    rest.push(caption.model ? `log-probability ${caption.score.toFixed(2)}` : `score ${caption.score.toFixed(2)}`);
    if (caption.model) rest.push(`model ${caption.model} (licence ${caption.modelLicense})`);
    rest.push(`${caption.model ? "video licence" : "licence"} ${chosen.video.license || "not stated"}`);
    return [make("span", { className: "origin" }, dot, originOf(caption.origin)), ` · ${rest.join(" · ")}`];
  };

  const follow = () => {
    const ms = video.currentTime * 1000 + 1;
    if (head) for (const end of ["x1", "x2"]) head.setAttribute(end, `${(100 * ms) / Math.max(1, loaded.duration)}%`);
    if (!chosen || chosen.video !== loaded || video.seeking || video.readyState < 1) return;
    if (byId("again").checked && !video.paused && ms >= chosen.end) { video.currentTime = chosen.start / 1000; return; }
    if (ms >= chosen.start && ms < chosen.end) return;
    const now = clips.find((clip) => clip.video === loaded && ms >= clip.start && ms < clip.end);
    if (now && now !== chosen) show(now);
  };
  video.addEventListener("timeupdate", follow);
  video.addEventListener("seeked", follow);

  for (const input of Object.values(field)) input.addEventListener("input", search);
  search();
  if (clips.length) choose(clips[0], false);
})();
