"""The browser's client of Auxeira, run by Node with a storage and a network of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib import resources
from typing import Any

import pytest

CLIENT = resources.files("tablewright_services.auxeira") / "browser" / "client.js"
AROUND = """
const kept = new Map();
const storage = {
  getItem: (name) => (kept.has(name) ? kept.get(name) : null),
  setItem: (name, value) => kept.set(name, value),
  removeItem: (name) => kept.delete(name),
};
const sent = [];
const replies = %s;
const send = async (url, request) => {
  sent.push({ url, method: request.method, headers: request.headers, body: request.body ?? null });
  const [status, body] = replies.shift();
  return { status, ok: status < 400, json: async () => body };
};
const api = new Auxeira("https://api.example/api/", storage, send);
(async () => {
  let outcome;
  try { outcome = await (async () => { %s })(); }
  catch (problem) { outcome = { message: problem.message, status: problem.status }; }
  console.log(JSON.stringify({ sent, kept: Object.fromEntries(kept), outcome: outcome ?? null }));
})();
"""


def run(script: str, *replies: Any) -> Any:
    """Return what a script sent, kept and returned, given the answers to its requests."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node here")
    text = CLIENT.read_text(encoding="utf-8") + AROUND % (json.dumps(replies), script)
    done = subprocess.run([node, "-"], input=text, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_token_is_kept_as_authtoken_and_sent_as_bearer() -> None:
    ran = run(
        "await api.login('a@b.c', 'secret words'); return api.saveProfile({ industry: 'food' });",
        (200, {"accessToken": "A", "refreshToken": "R"}),
        (200, {"completionPercent": 0}),
    )
    assert ran["kept"] == {"authToken": "A", "refreshToken": "R"}
    assert ran["sent"] == [
        {
            "url": "https://api.example/api/auth/login",
            "method": "POST",
            "headers": {"Content-Type": "application/json"},
            "body": '{"email":"a@b.c","password":"secret words"}',
        },
        {
            "url": "https://api.example/api/profile",
            "method": "POST",
            "headers": {"Authorization": "Bearer A", "Content-Type": "application/json"},
            "body": '{"industry":"food"}',
        },
    ]
    assert ran["outcome"] == {"completionPercent": 0}


def test_the_storage_is_the_one_of_the_tab_unless_another_is_given() -> None:
    ran = run("globalThis.sessionStorage = storage; return new Auxeira('').storage === storage;")
    assert ran["outcome"] is True


def test_a_report_is_asked_for_with_its_type_and_the_profile() -> None:
    ran = run(
        "return api.generateReport('carbon', { sections: {} });", (201, {"report": {"id": 1}})
    )
    assert ran["sent"][0]["url"] == "https://api.example/api/reports/generate"
    assert ran["sent"][0]["body"] == '{"reportType":"carbon","profile":{"sections":{}}}'
    assert ran["outcome"] == {"report": {"id": 1}}


def test_a_token_that_has_run_out_is_renewed_once() -> None:
    signed_in = "storage.setItem('authToken', 'old'); storage.setItem('refreshToken', 'R1');"
    ran = run(
        f"{signed_in} return api.profile();",
        (401, {}),
        (200, {"accessToken": "new", "refreshToken": "R2"}),
        (200, {"profile": None}),
    )
    assert [each["url"].rpartition("/api")[2] for each in ran["sent"]] == [
        "/profile",
        "/auth/refresh",
        "/profile",
    ]
    assert "Authorization" not in ran["sent"][1]["headers"]
    assert ran["sent"][2]["headers"]["Authorization"] == "Bearer new"
    assert ran["kept"] == {"authToken": "new", "refreshToken": "R2"}
    over = run(f"{signed_in} return api.profile();", (401, {"message": "sign in first"}), (401, {}))
    assert over["kept"] == {}
    assert over["outcome"] == {"message": "sign in first", "status": 401}
