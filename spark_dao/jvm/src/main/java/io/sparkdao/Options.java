package io.sparkdao;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.catalyst.util.CaseInsensitiveMap;
import org.apache.spark.sql.execution.datasources.DataSourceUtils;

/** Reads the options that Spark hands to a V1 source. */
final class Options {
  private static final String INTERNAL = "__";

  private Options() {}

  /** Returns the options as the caller spelt them. */
  static Map<String, String> of(scala.collection.immutable.Map<String, String> parameters) {
    return Scala.javaMap(parameters instanceof CaseInsensitiveMap<String> folded ? folded.originalMap() : parameters);
  }

  /** Returns the options without those that Spark itself adds. */
  static Map<String, String> said(Map<String, String> options) {
    Map<String, String> result = new LinkedHashMap<>(options);
    result.keySet().removeIf(name -> name.startsWith(INTERNAL));
    return result;
  }

  /** Returns what {@code partitionBy} said, null where it was not called. */
  static List<String> partitionBy(Map<String, String> options) {
    String encoded = options.get(DataSourceUtils.PARTITIONING_COLUMNS_KEY());
    return encoded == null ? null : Scala.list(DataSourceUtils.decodePartitioningColumns(encoded));
  }
}
