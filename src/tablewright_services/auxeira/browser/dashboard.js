"use strict";

/* The dashboard: every text of others is put in as text, never as HTML. */
(() => {
  const api = new Auxeira(document.querySelector("meta[name=api-base]").content);
  const find = (id) => document.getElementById(id);
  const PAUSE = 1500;

  function row(...cells) {
    const line = document.createElement("tr");
    for (const cell of cells) {
      const place = document.createElement("td");
      if (cell instanceof Node) place.append(cell);
      else place.textContent = cell;
      line.append(place);
    }
    return line;
  }

  function button(text, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", () => attempt(act));
    return made;
  }

  /** Do something; say what went wrong. */
  async function attempt(act) {
    find("message").textContent = "";
    try {
      await act();
    } catch (problem) {
      find("message").textContent = problem.message;
      if (problem.status === 401) show();
    }
  }

  function show() {
    find("sign-in").hidden = api.isSignedIn;
    find("signed-in").hidden = !api.isSignedIn;
  }

  function answers(form) {
    const body = { sections: {} };
    for (const field of form.elements) {
      if (!field.name || field.value === "") continue;
      const [section, name] = field.name.split(".");
      const isNumber = field.type === "number";
      const value = isNumber ? Number(field.value) : field.value;
      if (name === undefined) body[section] = value;
      else (body.sections[section] ??= {})[name] = isNumber ? value : value === "yes";
    }
    return body;
  }

  function fill(form, answer) {
    find("progress").value = answer.completionPercent;
    find("percent").textContent = `${answer.completionPercent} %`;
    if (answer.profile === null) return;
    find("score").textContent = answer.profile.esgScore;
    for (const field of form.elements) {
      const [section, name] = (field.name || "").split(".");
      const stored = name === undefined
        ? answer.profile[section]
        : answer.profile.sections[section][name];
      if (stored === undefined) continue;
      field.value = typeof stored === "boolean" ? (stored ? "yes" : "no") : stored;
    }
  }

  async function showReports() {
    const { reports } = await api.reports();
    find("reports").replaceChildren(
      ...reports.map((each) =>
        row(
          each.title,
          each.status,
          each.status === "ready" ? button("Read", () => read(each.reportId)) : "",
        ),
      ),
    );
    const isWaiting = reports.some((each) => ["queued", "running"].includes(each.status));
    if (isWaiting) setTimeout(() => attempt(showReports), PAUSE);
  }

  async function read(id) {
    const { report } = await api.report(id);
    find("report").textContent = report.content;
  }

  async function showBoard() {
    const { top } = await api.leaderboard("global");
    find("board").replaceChildren(
      ...top.map((each) => row(each.rank, each.organisation, each.score, each.isOwn ? "you" : "")),
    );
  }

  async function load() {
    show();
    if (!api.isSignedIn) return;
    fill(find("profile"), await api.profile());
    await showReports();
    await showBoard();
  }

  find("account").addEventListener("submit", (event) => {
    event.preventDefault();
    const { email, password } = event.target.elements;
    const isNew = event.submitter.value === "register";
    attempt(async () => {
      await (isNew ? api.register : api.login).call(api, email.value, password.value);
      password.value = "";
      await load();
    });
  });
  find("shown").addEventListener("change", (event) => {
    find("account").elements.password.type = event.target.checked ? "text" : "password";
  });
  find("profile").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      fill(event.target, await api.saveProfile(answers(event.target)));
      await showBoard();
    });
  });
  find("generate").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      await api.generateReport(event.target.elements.type.value);
      await showReports();
    });
  });
  find("sign-out").addEventListener("click", () => {
    api.signOut();
    show();
  });
  attempt(load);
})();
