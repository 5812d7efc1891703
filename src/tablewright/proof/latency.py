"""What the latency of a proof says, and what it does not, in sentences.

In: a Proof. Out: text. Latency is that of the calls of one caller, from before the first request
to after the last.
"""

from __future__ import annotations

from tablewright.proof.values import Proof

MOST_SLOWEST = 100
"""Calls up to which the 99th percentile is the slowest of them."""


def where_measured(proof: Proof) -> str:
    """Return on which day, from which machine and on which database it was measured."""
    day = f"on {proof.date}" if proof.date else "on a day that was not kept"
    machine = proof.machine or "a machine that was not kept"
    return f"measured {day} from {machine}, on {proof.engine}"


def what_it_means(proof: Proof) -> str:
    """Return what the figures are worth, and what they leave open."""
    if proof.stands_in:
        text = (
            "Another program stands in for the database there, without a network and with one "
            "caller: it shows which patterns take many requests or read much; whether the "
            "database itself keeps the target it does not say"
        )
    elif proof.is_embedded:
        text = (
            "It is the database's own program, without a network, with one caller and with its "
            "rows in memory: what is too slow there is too slow on a like machine; what is fast "
            "enough leaves network, other callers and cold rows to be measured"
        )
    else:
        text = (
            "It is the database that is meant, network included, with one caller at a time: "
            "`prove --clients 32 --duration 30s` measures many"
        )
    few = any(p.is_in_time is not None and p.calls <= MOST_SLOWEST for p in proof.patterns)
    rest = "; the 99th percentile of 100 calls or fewer is the slowest of them." if few else "."
    return text + rest
