package io.sparkdao;

import java.net.URL;
import java.net.URLClassLoader;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkContext$;
import scala.Option;

/**
 * Gives the executors the jars that the driver was started with.
 *
 * <p>A plain Python process has both {@code spark.jars} and {@code spark.jars.packages} in its builder. spark-submit adds
 * the resolved packages to {@code spark.jars}, but PySpark then sets the builder's conf over that, and the packages stay
 * with the driver: on a cluster every task that needs S3A or Delta would end in a ClassNotFoundException.
 */
final class ExecutorJars {
  private static final List<String> KEYS = List.of("spark.jars", "spark.yarn.dist.jars");

  private ExecutorJars() {}

  /** Adds what Spark itself will not ship; where executors are the driver's own process, there is nothing to do. */
  static void complete() {
    Option<SparkContext> active = SparkContext$.MODULE$.getActive();
    if (active.isEmpty()
        || active.get().isLocal()
        || !(ExecutorJars.class.getClassLoader() instanceof URLClassLoader loader)) {
      return;
    }
    SparkContext context = active.get();
    Set<String> shipped = new HashSet<>();
    Scala.list(context.listJars()).forEach(jar -> shipped.add(fileName(jar)));
    for (String key : KEYS) {
      Arrays.stream(context.getConf().get(key, "").split(",")).forEach(jar -> shipped.add(fileName(jar)));
    }
    for (URL jar : loader.getURLs()) {
      if (jar.getPath().endsWith(".jar") && shipped.add(fileName(jar.getPath()))) {
        context.addJar(jar.toString());
      }
    }
  }

  private static String fileName(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
