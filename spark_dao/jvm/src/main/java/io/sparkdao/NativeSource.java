package io.sparkdao;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.datasources.DataSource;
import org.apache.spark.sql.sources.BaseRelation;
import org.apache.spark.sql.types.StructType;

/** Makes Spark's own {@code DataSource}, the door to every built-in and third-party format. */
final class NativeSource {
  private NativeSource() {}

  /** Resolves the relation that the direct read of a plan has, so that Spark plans the two alike. */
  static BaseRelation relation(SparkSession session, ReadPlan plan) {
    return forReading(session, plan).resolveRelation(true, false, false);
  }

  static DataSource forReading(SparkSession session, ReadPlan plan) {
    Map<String, String> options = new LinkedHashMap<>(plan.options());
    List<String> paths = plan.paths();
    if (paths.size() == 1) {
      options.put("path", paths.get(0));
      paths = List.of();
    }
    return make(session, plan.format(), paths, plan.schema(), List.of(), options);
  }

  static DataSource make(
      SparkSession session,
      String format,
      List<String> paths,
      StructType schema,
      List<String> partitionColumns,
      Map<String, String> options) {
    return new DataSource(
        session,
        format,
        Scala.seq(paths),
        Scala.option(schema),
        Scala.seq(partitionColumns),
        Scala.none(),
        Scala.map(options),
        Scala.none(),
        Scala.none());
  }
}
