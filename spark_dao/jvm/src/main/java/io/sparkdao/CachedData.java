package io.sparkdao;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.catalyst.QualifiedTableName;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.connector.catalog.Identifier;

/** Keeps {@code CACHE TABLE} and {@code df.cache()} true to what was written. */
final class CachedData {
  private CachedData() {}

  /**
   * Makes Spark list a table's files again: it keeps relations of V1 tables for the whole session, and REFRESH TABLE does
   * not clear those of other catalogs than its own.
   */
  static void forgetListing(String catalog, Identifier identifier) {
    String[] namespace = identifier.namespace();
    if (namespace.length == 1) {
      SparkSession.active()
          .sessionState()
          .catalog()
          .invalidateCachedTable(new QualifiedTableName(catalog, namespace[0], identifier.name()));
    }
  }

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
