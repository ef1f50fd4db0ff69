package io.sparkdao;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.execution.datasources.DataSource;
import org.apache.spark.sql.execution.datasources.HadoopFsRelation;
import org.apache.spark.sql.sources.BaseRelation;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** Makes Spark's own {@code DataSource}, the door to every built-in and third-party format. */
final class NativeSource {
  private NativeSource() {}

  /** Resolves the relation of an object's read, if all its files are of its format. */
  static BaseRelation relation(SparkSession session, ObjectName object, ReadPlan plan) {
    BaseRelation relation;
    try {
      relation = relation(session, plan);
    } catch (Throwable error) {
      if (error instanceof AnalysisException analysis) {
        FailedReads.explain(object, plan, analysis);
      }
      ForeignFiles.refuse(object.name(), plan, session);
      throw DaoErrors.unchecked(error);
    }
    ForeignFiles.refuse(object.name(), plan, relation);
    return relation;
  }

  /** Resolves the relation that the direct read of a plan has, so that Spark plans the two alike. */
  static BaseRelation relation(SparkSession session, ReadPlan plan) {
    // The last argument makes all columns nullable, as every read by a path does: files are not held to a schema.
    BaseRelation relation = forReading(session, plan).resolveRelation(true, false, true);
    return relation instanceof HadoopFsRelation files ? withPartitionTypes(files) : relation;
  }

  /**
   * Gives the partition columns of an emptied table a type: where no value is left to infer it from, Spark has VOID,
   * which its ORC reader and Delta refuse.
   */
  private static BaseRelation withPartitionTypes(HadoopFsRelation files) {
    StructType typed = new StructType();
    for (StructField field : files.partitionSchema().fields()) {
      typed = field.dataType() instanceof NullType ? typed.add(field.name(), DataTypes.StringType) : typed.add(field);
    }
    if (typed.equals(files.partitionSchema())) {
      return files;
    }
    return files.copy(
        files.location(),
        typed,
        files.dataSchema(),
        files.bucketSpec(),
        files.fileFormat(),
        files.options(),
        files.sparkSession());
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
