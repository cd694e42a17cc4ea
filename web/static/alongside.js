// An addition only: every page works without it. Exit this page, a word before leaving a changed form, live status, focus on errors.
(() => {
  "use strict";
  const one = (selector, from = document) => from.querySelector(selector);

  // Errors: the summary takes the focus; its links go to the field itself.
  const errors = one("[data-errors]");
  if (errors) {
    errors.focus();
    errors.addEventListener("click", (event) => {
      const field = event.target.hash && document.getElementById(event.target.hash.slice(1));
      if (!field) return;
      event.preventDefault();
      (field.closest(".field") || field).scrollIntoView();
      field.focus({ preventScroll: true });
    });
  }

  let changed = null;

  // Exit this page: by the link, or Shift three times within five seconds. Nothing of the page stays on the screen meanwhile.
  const exit = one("[data-exit]");
  if (exit) {
    let presses = [];
    const leave = () => {
      changed = null;
      document.title = "";
      document.body.hidden = true;
      location.replace(exit.href);
    };
    exit.addEventListener("click", (event) => {
      event.preventDefault();
      leave();
    });
    addEventListener("keyup", (event) => {
      presses = event.key === "Shift" ? [...presses.filter((at) => event.timeStamp - at < 5000), event.timeStamp] : [];
      if (presses.length === 3) leave();
    });
  }

  // A changed form asks before it is left, unless it is being sent.
  for (const form of document.querySelectorAll("form[data-guard]")) {
    form.addEventListener("input", () => (changed = form));
    form.addEventListener("submit", () => (changed = null));
  }
  addEventListener("beforeunload", (event) => {
    if (changed) event.preventDefault();
  });

  // "None of these" and the other boxes of its question put each other out.
  for (const alone of document.querySelectorAll("input[data-alone]")) {
    const boxes = [...document.getElementsByName(alone.name)];
    alone.closest("fieldset").addEventListener("change", ({ target }) => {
      if (!target.checked || !boxes.includes(target)) return;
      for (const box of boxes) if (target === alone ? box !== alone : box === alone) box.checked = false;
    });
  }

  // A live part (data-refresh="seconds", with an id) is fetched with its page and exchanged when it says something new. It rests when
  // nobody has touched the page for 20 minutes, so that a forgotten screen keeps nobody signed in.
  let touched = Date.now();
  for (const sign of ["pointerdown", "keydown", "scroll"]) addEventListener(sign, () => (touched = Date.now()), { passive: true });
  for (const part of document.querySelectorAll("[data-refresh][id]")) {
    part.setAttribute("aria-live", "polite");
    let wait = (Number(part.dataset.refresh) || 20) * 1000;
    const look = async () => {
      if (Date.now() - touched > 1200000) return;
      if (!document.hidden && !part.contains(document.activeElement)) {
        try {
          const answer = await fetch(location.href, { headers: { "X-Refresh": "1" }, redirect: "error", cache: "no-store" });
          if (answer.status === 403 || answer.status === 404) return;
          const fresh = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
          if (fresh && fresh.innerHTML !== part.innerHTML) part.replaceChildren(...fresh.childNodes);
          if (fresh && !fresh.dataset.refresh) return;
        } catch {
          wait = Math.min(wait * 2, 300000);
        }
      }
      setTimeout(look, wait);
    };
    setTimeout(look, wait);
  }
})();
