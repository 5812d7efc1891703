"""What a distribution answers: pages as they are, and the program's refusals as refusals."""

from __future__ import annotations

from dataclasses import replace

from deploy.sites import FUNCTIONS, GRANTS, ORDERS, site
from tablewright.deploy.program import Program
from tablewright.deploy.stack import build

PAGES = ("aws.s3.standard.storage", "aws.cloudfront.https")


def answers(option, *stack):
    distribution = build(option, *stack).resource("Distribution")
    return distribution.properties["DistributionConfig"].get("CustomErrorResponses")


def test_a_refusal_of_the_program_is_not_answered_with_a_page():
    # an error response of a distribution is of all its origins: 403 of the API became 200
    assert answers(site(*FUNCTIONS, *PAGES), (ORDERS,), GRANTS) is None


def test_what_users_upload_is_not_answered_with_a_page_either():
    option = replace(site(*PAGES, engine=""), program=Program(static="uploads"))

    assert answers(option) is None
