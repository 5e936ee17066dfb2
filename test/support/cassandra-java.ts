// How Java has to be told to run Cassandra: small, started fast, without a port for management.

/** Of its own modules Java lets nobody use these parts unless told; Cassandra 5.0 does (its conf/jvm17-server.options). */
const EXPORTED = [
  ...["java.base/jdk.internal.misc", "java.base/java.lang.ref", "java.sql/java.sql", "jdk.unsupported/sun.misc"],
  ...["java.management.rmi/com.sun.jmx.remote.internal.rmi", "java.rmi/sun.rmi.registry", "java.rmi/sun.rmi.server"],
  ...["jdk.compiler/com.sun.tools.javac.file", "jdk.attach/sun.tools.attach"],
];
const OPENED = [
  ...["java.lang", "java.lang.module", "java.lang.reflect", "java.io", "java.util", "sun.nio.ch"].map(inBase),
  ...["loader", "ref", "reflect", "math", "module", "util.jar"].map((name) => inBase(`jdk.internal.${name}`)),
  ...["jdk.management/com.sun.management.internal", "jdk.compiler/com.sun.tools.javac"],
];

function inBase(name: string): string {
  return `java.base/${name}`;
}

/** Memory: 128 MiB of heap are enough for some tables; the whole process takes about 400 MB. */
const SIZES = [
  ...["-Xms128m", "-Xmx128m", "-Xss512k", "-XX:MaxMetaspaceSize=160m", "-XX:MaxDirectMemorySize=96m"],
  ...["-XX:ReservedCodeCacheSize=48m", "-Dio.netty.allocator.maxOrder=9"],
];

/** The first compiler alone, one collector thread: it is ready sooner, and two cores are all there is. */
const SPEED = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"];

/** There are no others, or one, to wait for; and what is lost in a crash nobody misses. */
const HASTE = {
  ring_delay_ms: "1",
  skip_wait_for_gossip_to_settle: "0",
  gossip_settle_min_wait_ms: "1",
  superuser_setup_delay_ms: "0",
  allow_unsafe_join: "true",
  unsafesystem: "true",
  size_recorder_interval: "300000",
};

/**
 * Options for `java`.
 *
 * @param folder Of this server; its configuration is in `conf`. @param jars Folder of the class path.
 * @param token Where its part of the ring ends.
 */
export function javaOptions(folder: string, jars: string, agentJar: string, token: string): string[] {
  return [
    ...EXPORTED.flatMap((name) => ["--add-exports", `${name}=ALL-UNNAMED`]),
    ...OPENED.flatMap((name) => ["--add-opens", `${name}=ALL-UNNAMED`]),
    // Java 18 and later ask whether a program may still have a security manager.
    "-Djava.security.manager=allow",
    ...["-Djdk.attach.allowAttachSelf=true", "-Dio.netty.tryReflectionSetAccessible=true", `-javaagent:${agentJar}`],
    ...SIZES,
    ...SPEED,
    ...[`-Djava.io.tmpdir=${folder}/tmp`, `-Djna.tmpdir=${folder}/tmp`],
    ...[
      `-Dcassandra.config=file://${folder}/conf/cassandra.yaml`,
      `-Dlogback.configurationFile=${folder}/conf/logback.xml`,
    ],
    ...[`-Dcassandra.storagedir=${folder}`, `-Dcassandra.logdir=${folder}`, "-Dcassandra-foreground=yes"],
    `-Dcassandra.initial_token=${token}`,
    ...Object.entries(HASTE).map(([name, value]) => `-Dcassandra.${name}=${value}`),
    ...["-cp", `${folder}/conf:${jars}/*`, "org.apache.cassandra.service.CassandraDaemon"],
  ];
}
