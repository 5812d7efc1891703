"""The program of a migration's job, and how it is started.

In: both sides of the migration, its stack. Out: a Python program and a README, as texts.
"""

from __future__ import annotations

from tablewright.deploy.migration_job import (
    ENVIRONMENT,
    GLUE,
    MODEL,
    PROGRAM,
    SHARES_PREFIX,
    JobSide,
)
from tablewright.deploy.resources import Stack


def program(source: JobSide, target: JobSide) -> str:
    """Return the program of the job: it fetches the model file and calls `tablewright migrate`."""
    places = []
    for side, option, secret in (
        (source, "source-", "source_secret"),
        (target, "", "target_secret"),
    ):
        if side.is_server:
            places.append(f'"--{option}endpoint", secret_text(chosen.{secret}),')
        else:
            places.append(f'"--{option}aws",')
    lines = "\n        ".join(places)
    return f'''"""Move `{source.design}` to `{target.design}`; written by `tablewright migrate`."""

import argparse

import boto3

from tablewright.cli.main import run


def secret_text(arn):
    """Return the text of a secret."""
    return boto3.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]


def main():
    """Fetch the model file and migrate; a run that was stopped goes on."""
    options = argparse.ArgumentParser()
    for name in ("bucket", "action", "rate", "shares", "source-secret", "target-secret"):
        options.add_argument(f"--{{name}}", default="")
    chosen, _ = options.parse_known_args()
    model = "/tmp/{MODEL}"
    boto3.client("s3").download_file(chosen.bucket, "{MODEL}", model)
    arguments = [
        "migrate", model, "--from", "{source.design}", "--to", "{target.design}",
        "--engine", "spark", "--work-dir", f"s3://{{chosen.bucket}}/{SHARES_PREFIX}",
        "--allow-production",
        {lines}
    ]
    for option in ("rate", "shares"):
        if getattr(chosen, option):
            arguments += [f"--{{option}}", getattr(chosen, option)]
    if chosen.action:
        arguments.append(f"--{{chosen.action}}")
    code = run(arguments)
    if code:
        raise RuntimeError(f"tablewright migrate ended with {{code}}: its last lines say why")


main()
'''


def readme(
    stack: Stack, service: str, source: JobSide, target: JobSide, *, of_terraform: bool
) -> str:
    """Return how the stack is made, filled and started."""
    create = (
        "terraform init && terraform apply"
        if of_terraform
        else f"aws cloudformation deploy --template-file template.yaml --stack-name {stack.name} "
        "--capabilities CAPABILITY_IAM"
    )
    parameters = [parameter.name for parameter in stack.parameters]
    if parameters and not of_terraform:
        create += " --parameter-overrides " + " ".join(f"{name}=…" for name in parameters)
    start = _start_glue(stack) if service == GLUE else _start_emr(source, target)
    return f"""# {stack.title}

1. Create the target: `tablewright up --design {target.design} --aws`.
2. `{create}`
3. `aws s3 cp {PROGRAM} s3://$WORK/` and `aws s3 cp {MODEL} s3://$WORK/`, where `WORK` is the output
   `WorkBucket`.
{start}
`--action dry-run` only tries it, `--action verify` and `--action repair` compare again,
`--rate 400` limits it to so many write units a second. The journal is
`{SHARES_PREFIX}/journal.txt` in the bucket. The job works on the account it is in, whatever that
is called (`--allow-production`). Delete the bucket once the move is accepted: it holds a copy of
what was moved.
"""


def _start_glue(stack: Stack) -> str:
    command = f"aws glue start-job-run --job-name {stack.name}"
    return f"4. `{command}`; the same again where a run stopped.\n"


def _start_emr(source: JobSide, target: JobSide) -> str:
    told = ["--bucket", "$WORK"]
    for side, name in ((source, "source"), (target, "target")):
        if side.is_server:
            told += [f"--{name}-secret", "…"]
    arguments = ", ".join(f'"{text}"' for text in told)
    extras = sorted({side.engine for side in (source, target) if side.is_server})
    package = f"tablewright[{','.join(extras)}]" if extras else "tablewright"
    python = "./environment/bin/python"
    conf = (
        f"--conf spark.archives=s3://$WORK/{ENVIRONMENT}#environment "
        f"--conf spark.emr-serverless.driverEnv.PYSPARK_DRIVER_PYTHON={python} "
        f"--conf spark.emr-serverless.driverEnv.PYSPARK_PYTHON={python} "
        f"--conf spark.executorEnv.PYSPARK_PYTHON={python}"
    )
    return f"""4. On Amazon Linux 2023, an environment with a newer Python than the release has:
   `conda create -p env python=3.11`, `env/bin/pip install '{package}'`,
   `conda pack -p env -o {ENVIRONMENT}`, `aws s3 cp {ENVIRONMENT} s3://$WORK/`.
5. Start it, and the same again where a run stopped:

       aws emr-serverless start-job-run --application-id $JOB --execution-role-arn $ROLE \\
         --job-driver "{{\\"sparkSubmit\\": {{\\"entryPoint\\": \\"s3://$WORK/{PROGRAM}\\",
           \\"entryPointArguments\\": [{arguments.replace(chr(34), chr(92) + chr(34))}],
           \\"sparkSubmitParameters\\": \\"{conf}\\"}}}}"
"""
