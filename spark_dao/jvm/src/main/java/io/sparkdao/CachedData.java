package io.sparkdao;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.classic.SparkSession;

/** Keeps {@code CACHE TABLE} and {@code df.cache()} true to what was written. */
final class CachedData {
  private CachedData() {}

  /** Reads again what is cached of a table of a catalog. */
  static void refresh(SparkSession session, String catalog, String name) {
    String[] parts = name.split("\\.", 2);
    session
        .sharedState()
        .cacheManager()
        .recacheTableOrView(session, Scala.seq(List.of(catalog, parts[0], parts[parts.length - 1])), true);
  }

  /** Reads again what is cached from a folder. */
  static void refresh(SparkSession session, Path path) {
    try {
      session
          .sharedState()
          .cacheManager()
          .recacheByPath(session, path, path.getFileSystem(session.sessionState().newHadoopConf()));
    } catch (IOException error) {
      throw new UncheckedIOException("could not refresh what is cached of " + path, error);
    }
  }
}
