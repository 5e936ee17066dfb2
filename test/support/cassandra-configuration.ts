/** What differs from one test's server to another's. */
export interface CassandraSettings {
  /** Where the server keeps everything. */
  readonly folder: string;
  readonly address: string;
  /** Of CQL. */
  readonly port: number;
  /** Of the talk between servers. */
  readonly storagePort: number;
  readonly auth: boolean;
  /** `address:port` for the talk between servers of the one that is asked for the others; itself, if it is the first. */
  readonly seed: string;
  /** The address that is announced to drivers. */
  readonly broadcastAddress: string | undefined;
}

/** Text of cassandra.yaml. JSON is YAML. */
export function cassandraConfiguration(settings: CassandraSettings): string {
  const { folder, address, port, storagePort, auth, seed, broadcastAddress } = settings;
  return JSON.stringify({
    cluster_name: "test",
    num_tokens: 1,
    // Who joins takes its part at once: there is nothing to hand over.
    auto_bootstrap: false,
    partitioner: "org.apache.cassandra.dht.Murmur3Partitioner",
    endpoint_snitch: "SimpleSnitch",
    dynamic_snitch: false,
    listen_address: address,
    storage_port: storagePort,
    rpc_address: address,
    ...(broadcastAddress === undefined ? {} : { broadcast_rpc_address: broadcastAddress }),
    start_native_transport: true,
    native_transport_port: port,
    seed_provider: [
      {
        class_name: "org.apache.cassandra.locator.SimpleSeedProvider",
        parameters: [{ seeds: seed }],
      },
    ],
    authenticator: auth ? "PasswordAuthenticator" : "AllowAllAuthenticator",
    authorizer: auth ? "CassandraAuthorizer" : "AllowAllAuthorizer",
    role_manager: "CassandraRoleManager",
    // What a statement may need that is off by default: tests look at all kinds of statements.
    user_defined_functions_enabled: true,
    materialized_views_enabled: true,
    ...{ data_file_directories: [`${folder}/data`], commitlog_directory: `${folder}/commitlog` },
    ...{ saved_caches_directory: `${folder}/saved_caches`, hints_directory: `${folder}/hints` },
    cdc_raw_directory: `${folder}/cdc_raw`,
    ...{ commitlog_sync: "periodic", commitlog_sync_period: "10000ms" },
    ...{ commitlog_segment_size: "4MiB", commitlog_total_space: "64MiB" },
    ...{ memtable_heap_space: "32MiB", memtable_offheap_space: "32MiB", disk_access_mode: "standard" },
    ...{ file_cache_size: "16MiB", networking_cache_size: "16MiB", key_cache_size: "1MiB" },
    ...{ row_cache_size: "0MiB", counter_cache_size: "1MiB" },
    ...{ concurrent_reads: 4, concurrent_writes: 4, concurrent_counter_writes: 2, concurrent_compactors: 1 },
    auto_snapshot: false,
  });
}

/** Everything that the server has to say goes to its output. */
export const LOGGING = `<configuration>
  <appender name="OUTPUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%-5level %logger{20} %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="OUTPUT"/></root>
</configuration>
`;
