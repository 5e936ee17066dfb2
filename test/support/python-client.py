"""Python's cassandra-driver as a program: reads one command a line (JSON), answers with one line. See cassandra-driver.ts."""
import json
import os
import socket
import sys

source_address = os.environ["WEIR_SOURCE_ADDRESS"]
connect_anywhere = socket.socket.connect


def connect_from_source(self, address):
    """On one machine each 127.x.y.z stands for a workload; the driver does not let its users choose."""
    if self.family == socket.AF_INET:
        self.bind((source_address, 0))
    return connect_anywhere(self, address)


socket.socket.connect = connect_from_source

from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable  # noqa: E402
from cassandra.policies import (  # noqa: E402
    AddressTranslator,
    ConstantReconnectionPolicy,
    FallthroughRetryPolicy,
    RoundRobinPolicy,
)
from cassandra.query import BatchStatement  # noqa: E402

RECONNECT_S = 0.05


class Translator(AddressTranslator):
    def __init__(self, addresses):
        self.addresses = addresses

    def translate(self, addr):
        return self.addresses.get(addr, addr)


sessions = {}
prepared_statements = {}


def connect(command):
    address, port = command["target"].rsplit(":", 1)
    options = {
        "port": int(port),
        # Whether it needs to prepare again is for the server to say.
        "reprepare_on_up": False,
        "reconnection_policy": ConstantReconnectionPolicy(RECONNECT_S, None),
        "execution_profiles": {
            EXEC_PROFILE_DEFAULT: ExecutionProfile(
                load_balancing_policy=RoundRobinPolicy(),
                # Repeated calls would make records that the tests do not expect.
                retry_policy=FallthroughRetryPolicy(),
            )
        },
    }
    if "version" in command:
        options["protocol_version"] = command["version"]
    if "translate" in command:
        options["address_translator"] = Translator(command["translate"])
    cluster = Cluster([address], **options)
    try:
        session = cluster.connect()
    except BaseException:
        cluster.shutdown()
        raise
    sessions[command["session"]] = session
    connection = cluster.control_connection._connection
    return {"version": cluster.protocol_version, "compression": getattr(connection, "_compression_type", None) or ""}


def outcome(call):
    """What the server, or weir, said to one call."""
    try:
        return {"rows": [[str(value) for value in row] for row in call()]}
    except Exception as error:
        return {"error": type(error).__name__, "message": str(error)}


def execute_prepared(command):
    name = (command["by"], command["cql"])
    if name not in prepared_statements:
        prepared_statements[name] = sessions[command["by"]].prepare(command["cql"])
    return sessions[command["session"]].execute(prepared_statements[name], command.get("values", []))


def execute_batch(command):
    session = sessions[command["session"]]
    batch = BatchStatement()
    for child in command["children"]:
        statement = session.prepare(child["cql"]) if command["prepared"] else child["cql"]
        batch.add(statement, child.get("values", []))
    return session.execute(batch)


def answer(command):
    op = command["op"]
    if op == "connect":
        return connect(command)
    if op == "execute":
        return outcome(lambda: sessions[command["session"]].execute(command["cql"]))
    if op == "prepared":
        return outcome(lambda: execute_prepared(command))
    if op == "batch":
        return outcome(lambda: execute_batch(command))
    if op == "servers":
        return {"servers": sorted(str(host.endpoint) for host in sessions[command["session"]].cluster.metadata.all_hosts())}
    if op == "close":
        sessions.pop(command["session"]).cluster.shutdown()
        return {}
    raise ValueError("unknown command " + op)


for line in sys.stdin:
    try:
        told = answer(json.loads(line))
    except NoHostAvailable as error:
        told = {"failed": "; ".join([str(error), *(str(inner) for inner in error.errors.values())])}
    except Exception as error:
        told = {"failed": f"{type(error).__name__}: {error}"}
    print(json.dumps(told), flush=True)
