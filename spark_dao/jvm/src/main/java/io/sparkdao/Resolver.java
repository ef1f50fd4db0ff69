package io.sparkdao;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.sql.classic.SparkSession;

/**
 * Asks Python what a catalog says.
 *
 * <p>Python decides; the JVM carries. One long-lived Python process per driver answers ({@code python -m
 * spark_dao.spark.resolver}); it starts with the first question. Instances are cheap and may be used by several threads.
 */
public final class Resolver {
  private static final Map<ResolverPython, ResolverClient> CLIENTS = new ConcurrentHashMap<>();

  private final ResolverClient client;
  private final String catalog;
  private final Map<String, String> conf;

  private Resolver(ResolverClient client, String catalog, Map<String, String> conf) {
    this.client = client;
    this.catalog = catalog;
    this.conf = conf;
  }

  /**
   * Returns who answers for a catalog, as the session's conf declares it now.
   *
   * @param session the session that asks
   * @param catalog the Spark catalog's name, {@code dao} as a rule
   */
  public static Resolver of(SparkSession session, String catalog) {
    Map<String, String> all = Scala.javaMap(session.sessionState().conf().getAllConfs());
    String prefix = "spark.sql.catalog." + catalog + ".";
    Map<String, String> conf = new TreeMap<>();
    all.forEach(
        (key, value) -> {
          if (key.startsWith(prefix)) {
            conf.put(key, value);
          }
        });
    ResolverPython python = ResolverPython.of(all, System.getenv());
    return new Resolver(CLIENTS.computeIfAbsent(python, ResolverClient::new), catalog, conf);
  }

  /**
   * Asks one question and waits for the answer.
   *
   * <p>What Python refuses is thrown as Spark's AnalysisException with Python's message, undeclared as everywhere where
   * Spark's Scala calls Java. A question during which the process dies is asked once more, unless it has {@code "once":
   * true}: all operations may be repeated.
   *
   * @param op the operation
   * @param request its fields; not changed
   */
  public JsonNode ask(String op, ObjectNode request) {
    return client.ask(op, catalog, conf, request);
  }

  /** Asks with the fields as a JSON text, for callers outside the JVM. */
  public String ask(String op, String request) {
    return ask(op, (ObjectNode) Json.parse(request)).toString();
  }
}
