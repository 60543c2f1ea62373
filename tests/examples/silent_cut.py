"""A kept connection whose packets get lost from one moment on, as after a NAT has forgotten it during a freeze.

It is run in a network namespace of its own.
"""

import os
import subprocess

import psycopg

from examples import postgres
from tests.examples.cluster import cluster


def main() -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with cluster() as database:
        os.environ["DATABASE_URL"] = database.url
        postgres.KEEP = True
        assert postgres.NETWORK["tcp_user_timeout"] > 1000, (
            "the recipe's own limit, which the test need not wait for"
        )
        postgres.NETWORK["tcp_user_timeout"] = 1000
        ports: list[int] = []

        def port_of(connection: psycopg.Connection[tuple[int]]) -> int:
            row = connection.execute("SELECT inet_client_port()").fetchone()
            assert row
            return row[0]

        ports.append(postgres.transaction(port_of))
        for end in ("--sport", "--dport"):
            rule = [
                "iptables",
                "--append",
                "INPUT",
                "--protocol",
                "tcp",
                end,
                str(ports[0]),
                "--jump",
                "DROP",
            ]
            subprocess.run(rule, check=True)
        ports.append(postgres.transaction(port_of))
        print("the first connection, then another" if ports[0] != ports[1] else "the packets were not lost")


if __name__ == "__main__":
    main()
