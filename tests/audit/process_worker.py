"""One process of a job that audits a dump: `process_worker DUMP OUT [ADDRESS COUNT INDEX]`."""

import sys

import jax


def main(dump: str, out: str, *job: str) -> None:
    """Audit, and write all numbers and the numbers of every example."""
    if job:
        address, count, index = job
        jax.distributed.initialize(address, int(count), int(index))
        assert jax.process_count() == int(count)
    import logitscape as ls

    found = ls.audit(dump, against=["softmax + brier"])
    found.save(f"{out}.json")
    found.save(f"{out}.nc")


if __name__ == "__main__":
    main(*sys.argv[1:])
