"""Generated clients: golden files of the five applications, and their functions on a DynamoDB."""

from __future__ import annotations

import importlib.util
import inspect
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.store.arguments import USERS, arguments_of, workload_of

import tablewright
from tablewright import apps
from tablewright.evaluation.parameters import field_name, signature_of
from tablewright.model.values import Model, Pattern, Verb
from tablewright.sample.calls import Call
from tablewright.verbs.generate import generate_client

HERE = Path(__file__).parent
SHOP = HERE.parent / "store" / "shop.yaml"
DESIGNS = {
    "llm-proxy": "recommended",
    "screen-time-journey": "recommended",
    "mongocollectibles": "recommended",
    "poafix": "dynamodb",
    "auxeira": "recommended",
}


def model_file(app: str) -> Path:
    return Path(apps.__file__).parent / app / "tablewright.yaml"


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def generated(file: Path, design: str, folder: Path) -> ModuleType:
    path = folder / f"client_of_{file.parent.name.replace('-', '_')}_{design}.py"
    generate_client(tablewright.open_model(file), design, path)
    return loaded(path)


@pytest.mark.parametrize("app", DESIGNS)
def test_the_client_of_an_application_is_as_expected(app: str) -> None:
    expected = HERE / "expected" / f"{app}.py.txt"
    view = generate_client(tablewright.open_model(model_file(app)), DESIGNS[app])
    if os.environ.get("TABLEWRIGHT_GOLDEN") == "write":
        expected.parent.mkdir(exist_ok=True)
        expected.write_text(view.source, encoding="utf-8")
    assert view.source == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("app", DESIGNS)
def test_a_client_is_formatted_and_needs_boto3_alone(app: str, tmp_path: Path) -> None:
    path = tmp_path / "client.py"
    view = generate_client(tablewright.open_model(model_file(app)), DESIGNS[app], path)
    options = ["--isolated", str(path)]
    ruff = [sys.executable, "-m", "ruff"]
    subprocess.run([*ruff, "format", "--check", *options], check=True, capture_output=True)
    rules = ["--target-version", "py311", "--select", "F,W,I,B,UP"]
    subprocess.run([*ruff, "check", *rules, *options], check=True, capture_output=True)
    imported = {
        line.split()[1].partition(".")[0]
        for line in view.source.splitlines()
        if line.startswith(("import ", "from "))
    }
    assert imported - sys.stdlib_module_names == {"boto3", "botocore"}
    missing = {each.partition(":")[0] for each in view.left_out}
    names = {p.name for p in tablewright.open_model(model_file(app)).model.patterns}
    module = loaded(path)
    assert {name for name in names if hasattr(module, name)} == names - missing


@pytest.mark.slow
def test_mypy_has_nothing_to_say_of_the_clients_whether_boto3_has_types_or_not(
    tmp_path: Path,
) -> None:
    files = []
    for app, design in DESIGNS.items():
        files.append(f"{app.replace('-', '_')}_store.py")
        generate_client(tablewright.open_model(model_file(app)), design, tmp_path / files[-1])
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", *files]
    for options in ([], ["--ignore-missing-imports"]):
        ran = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize("app", DESIGNS)
def test_every_function_runs(app: str, tmp_path: Path, dynamodb_from: Callable[..., Any]) -> None:
    file = model_file(app)
    module = generated(file, DESIGNS[app], tmp_path)
    model = tablewright.open_model(file).model
    client = dynamodb_from(file, design=DESIGNS[app], users=USERS)
    workload = workload_of(model)
    ran = 0
    for pattern in sorted(model.patterns, key=lambda each: each.verb.is_write):
        function = getattr(module, pattern.name, None)
        if function is None:
            continue
        call = workload.call(pattern)
        try:
            answer = function(client, **keywords(module, model, function, pattern, call))
        except (module.ConditionFailed, module.NotFound):
            assert pattern.verb.is_write, pattern.name
            continue
        ran += 1
        if pattern.verb is Verb.GET and call.number is not None and not call.is_missed:
            row = workload.world.row(pattern.entity, call.number) or {}
            for name in model.entity(pattern.entity).key:
                value = getattr(answer, field_name(name))
                # a guard of a unique attribute shows no more than that it is taken
                assert value == row[name] or (pattern.select and value is None), pattern.name
        elif pattern.verb is Verb.LIST:
            expected = workload.world.answer(pattern, call.tests).numbers
            found = answer.items if isinstance(answer, module.Page) else answer
            limit = pattern.limit or len(expected)
            assert len(found) == min(limit, len(expected)), pattern.name
    assert ran >= len(model.patterns) // 2


def keywords(
    module: ModuleType, model: Model, function: Callable[..., Any], pattern: Pattern, call: Call
) -> dict[str, Any]:
    """Return the arguments of a call by name, with the stored instance where one is asked for."""
    known = inspect.signature(function).parameters
    given = arguments_of(signature_of(model, pattern), call)
    arguments = {name: value for name, value in given.items() if name in known}
    for name, parameter in known.items():
        if name not in arguments and name != "dynamodb" and parameter.default is parameter.empty:
            entity = model.entity(parameter.annotation)
            part = next(
                part for part in call.parts or (call,) if part.pattern.entity == entity.name
            )
            values = {field_name(n): v for n, v in part.row.items() if entity.has(n)}
            arguments[name] = getattr(module, entity.name)(**values)
    return arguments


# ---------------------------------------------------------------- the shop, step by step


@pytest.fixture
def shop(tmp_path: Path, dynamodb_from: Callable[..., Any]) -> tuple[ModuleType, Any]:
    client = dynamodb_from(SHOP, design="tables")
    return generated(SHOP, "tables", tmp_path), client


def register(shop: tuple[ModuleType, Any], email: str, limit: int = 10) -> Any:
    module, client = shop
    end = "2100-01-01T00:00:00.000Z"
    return module.register(client, email=email, name="Ana", limit=limit, periodEnd=end)


def test_what_is_put_comes_back(shop: tuple[ModuleType, Any]) -> None:
    module, client = shop
    customer = register(shop, "ana@x.org")
    assert module.customer(client, customerId=customer.customerId) == customer
    assert module.byEmail(client, email="ana@x.org") == customer
    assert module.byEmail(client, email="bo@x.org") is None
    assert (customer.requests, customer.status) == (0, "active")
    with pytest.raises(module.ConditionFailed):
        register(shop, "ana@x.org")


def test_concurrent_increments_end_at_the_limit(shop: tuple[ModuleType, Any]) -> None:
    module, client = shop
    customer = register(shop, "ana@x.org").customerId

    def attempt(_: int) -> bool:
        try:
            module.count(client, customerId=customer)
        except module.ConditionFailed:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(attempt, range(100))) == 10
    assert module.customer(client, customerId=customer).requests == 10
    with pytest.raises(module.NotFound):
        module.count(client, customerId="nobody")


def test_a_unique_value_moves_unless_it_was_changed_meanwhile(
    shop: tuple[ModuleType, Any],
) -> None:
    module, client = shop
    customer = register(shop, "ana@x.org")
    own = {"customer": customer, "customerId": customer.customerId}
    module.changeEmail(client, **own, email="new@x.org")
    assert module.byEmail(client, email="ana@x.org") is None
    assert module.byEmail(client, email="new@x.org").customerId == customer.customerId
    with pytest.raises(module.ConditionFailed):  # it was read before that change
        module.changeEmail(client, **own, email="newer@x.org")
    own["customer"] = module.customer(client, customerId=customer.customerId)
    module.changeEmail(client, **own, email="new@x.org")  # the same again
    assert module.byEmail(client, email="new@x.org") is not None


def test_pages_follow_each_other(shop: tuple[ModuleType, Any]) -> None:
    module, client = shop
    customer = register(shop, "ana@x.org").customerId
    made = [module.addOrder(client, customerId=customer, total=Decimal("1.5")) for _ in range(25)]
    ids: list[str] = []
    page = ""
    for _ in range(3):
        answer = module.orders(client, customerId=customer, page=page)
        ids += [order.orderId for order in answer.items]
        page = answer.next
    assert ids == sorted((order.orderId for order in made), reverse=True)
    assert page == ""
    assert answer.items[0].total == Decimal("1.5")


def test_an_index_follows_and_the_last_copy_is_sold_once(shop: tuple[ModuleType, Any]) -> None:
    module, client = shop
    customer = register(shop, "ana@x.org").customerId
    order = module.addOrder(client, customerId=customer, total=5)
    module.pay(client, customerId=customer, orderId=order.orderId)
    assert [o.orderId for o in module.byStatus(client, status="paid").items] == [order.orderId]
    assert module.byStatus(client, status="open").items == []
    client.put_item(
        TableName="Shop",
        Item={
            "PK": {"S": "P#p-1"},
            "SK": {"S": "P"},
            "productId": {"S": "p-1"},
            "stock": {"N": "1"},
            "status": {"S": "sold"},
        },
    )
    module.buy(client, customerId=customer, total=3, productId="p-1")
    with pytest.raises(module.ConditionFailed):
        module.buy(client, customerId=customer, total=3, productId="p-1")
    assert module.product(client, productId="p-1").stock == 0


def test_a_design_of_another_engine_is_refused() -> None:
    command = [sys.executable, "-m", "tablewright", "generate", "client"]
    file = str(model_file("poafix"))
    process = subprocess.run([*command, file], capture_output=True, text=True, check=False)
    assert process.returncode == 2
    assert "for DynamoDB only" in process.stderr
