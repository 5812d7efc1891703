"use strict";

/**
 * The API of Auxeira for pages in a browser. The base address is configurable: the production
 * domain's, or http://localhost:3000/api. The access token is kept in the storage as `authToken`:
 * that of the tab, which forgets it when it is closed.
 */
class Auxeira {
  constructor(base, storage = globalThis.sessionStorage, send = globalThis.fetch) {
    this.base = base.replace(/\/+$/, "");
    this.storage = storage;
    this.send = send;
  }

  get isSignedIn() {
    return this.storage.getItem("authToken") !== null;
  }

  register(email, password, role = "member") {
    return this.signIn("/auth/register", { email, password, role });
  }

  login(email, password) {
    return this.signIn("/auth/login", { email, password });
  }

  signOut() {
    this.storage.removeItem("authToken");
    this.storage.removeItem("refreshToken");
  }

  profile() {
    return this.ask("GET", "/profile");
  }

  saveProfile(profile) {
    return this.ask("POST", "/profile", profile);
  }

  reportTypes() {
    return this.ask("GET", "/reports/types");
  }

  generateReport(reportType, profile = {}) {
    return this.ask("POST", "/reports/generate", { reportType, profile });
  }

  reports() {
    return this.ask("GET", "/reports");
  }

  report(id) {
    return this.ask("GET", `/reports/${encodeURIComponent(id)}`);
  }

  leaderboard(board) {
    return this.ask("GET", `/leaderboard/${encodeURIComponent(board)}`);
  }

  benchmark() {
    return this.ask("GET", "/benchmark");
  }

  async signIn(path, body) {
    this.signOut();
    const tokens = await this.ask("POST", path, body);
    this.storage.setItem("authToken", tokens.accessToken);
    this.storage.setItem("refreshToken", tokens.refreshToken);
    return tokens;
  }

  /** Send a request; where the access token has run out, take a new one and send it again. */
  async ask(method, path, body) {
    let reply = await this.once(method, path, body);
    if (reply.status === 401 && this.storage.getItem("refreshToken") !== null) {
      const refreshToken = this.storage.getItem("refreshToken");
      this.signOut();
      const renewed = await this.once("POST", "/auth/refresh", { refreshToken });
      if (renewed.ok) {
        const tokens = await renewed.json();
        this.storage.setItem("authToken", tokens.accessToken);
        this.storage.setItem("refreshToken", tokens.refreshToken);
        reply = await this.once(method, path, body);
      }
    }
    const answer = await reply.json();
    if (!reply.ok) {
      throw Object.assign(new Error(answer.message), { status: reply.status, answer });
    }
    return answer;
  }

  once(method, path, body) {
    const headers = {};
    const token = this.storage.getItem("authToken");
    if (token !== null) headers.Authorization = `Bearer ${token}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const content = body === undefined ? undefined : JSON.stringify(body);
    return this.send.call(globalThis, `${this.base}${path}`, { method, headers, body: content });
  }
}

globalThis.Auxeira = Auxeira;
