"""An enrichment step outside Assay: for how many years has a vulnerability been known?

It takes batches of findings from assay.finding.enriching.age, appends what it knows, and sends them back on
assay.finding.returned.age. The enricher goes on with the run's other steps.

Parameters of the step: overdue=N raises the severity of what has been known for N years or more to at least high.
"""

import asyncio
import datetime
import os
import pathlib
import signal
import sys

import grpc
import nats
from google.protobuf.message import DecodeError
from nats.js.api import ConsumerConfig

STEP = "age"

# The wire contract, read from the .proto files as they are: nothing is generated into this folder.
sys.path.append(os.environ.get("ASSAY_PROTO", str(pathlib.Path(__file__).resolve().parents[3] / "proto")))
pb = grpc.protos("assay/v1/finding.proto")


def enrich(batch, params, this_year):
    """What this step adds to a batch. This is the part to replace with your own."""
    overdue = int(params.get("overdue", "1000"))
    for position, finding in enumerate(batch.findings):
        if not finding.cves:
            continue
        # "CVE-2021-44228" was given out in 2021.
        age = this_year - min(int(cve.split("-")[1]) for cve in finding.cves)
        added = pb.Enrichment(step=STEP, positions=[position], annotations={"age.years": str(age)})
        if age >= overdue and batch.severities[position] < pb.SEVERITY_HIGH:
            added.severity = pb.SEVERITY_HIGH
        yield added


async def answer(js, message):
    try:
        batch = pb.FindingBatch.FromString(message.data)
        step = batch.steps[0]
        batch.enrichments.extend(enrich(batch, step.params, datetime.date.today().year))
    except (DecodeError, IndexError, ValueError) as error:
        # It would fail again. The run that misses these findings is assessed as incomplete.
        print(f"{STEP}: cannot enrich message {message.metadata.sequence.stream}: {error}", file=sys.stderr, flush=True)
        await message.term()
        return
    del batch.steps[0]
    # The same question gets the same answer id, so the stream drops a second answer.
    headers = {"Nats-Msg-Id": f"{STEP}-{message.headers['Nats-Msg-Id']}"}
    if "traceparent" in message.headers:
        headers["traceparent"] = message.headers["traceparent"]
    await js.publish(f"assay.finding.returned.{STEP}", batch.SerializeToString(), headers=headers)
    # Only now: if this process dies before, the question comes again.
    await message.ack()


async def main():
    stopping = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    connection = await nats.connect(os.environ.get("NATS_URL", "nats://127.0.0.1:4222"), name=f"step {STEP}")
    js = connection.jetstream()
    questions = await js.pull_subscribe(
        f"assay.finding.enriching.{STEP}",
        durable=f"step-{STEP}",
        stream="assay-finding",
        config=ConsumerConfig(ack_wait=30, max_ack_pending=64),
    )
    print(f"{STEP}: waiting for findings", flush=True)
    while not stopping.is_set():
        try:
            messages = await questions.fetch(8, timeout=1)
        except asyncio.TimeoutError:
            continue  # Nothing came; nats.errors.TimeoutError is one of these.
        await asyncio.gather(*(answer(js, message) for message in messages))
    await connection.flush()
    await connection.close()


if __name__ == "__main__":
    asyncio.run(main())
