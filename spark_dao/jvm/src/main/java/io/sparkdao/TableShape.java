package io.sparkdao;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.connector.expressions.Expressions;
import org.apache.spark.sql.connector.expressions.Transform;
import org.apache.spark.sql.execution.datasources.HadoopFsRelation;
import org.apache.spark.sql.sources.BaseRelation;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Columns and partitioning of an object, as declared, else as its files have them.
 *
 * @param schema all columns, partition columns last; empty where nothing is declared and there are no files
 * @param partitionBy partition columns
 */
record TableShape(StructType schema, List<String> partitionBy) {
  private static final List<String> NOTHING_THERE =
      List.of("UNABLE_TO_INFER_SCHEMA", "PATH_NOT_FOUND", "DELTA_TABLE_NOT_FOUND", "DELTA_SCHEMA_NOT_SET");

  static TableShape of(SparkSession session, Description description) {
    StructType declared = description.schema();
    boolean whole = declared != null && holds(declared, description.partitionBy());
    ReadPlan plan = description.read();
    // Where no partition columns are declared, the folders may still have some.
    if (whole && (plan == null || plan.staged() || !description.partitionBy().isEmpty())) {
      return new TableShape(declared, description.partitionBy());
    }
    if (plan == null) {
      return new TableShape(new StructType(), description.partitionBy());
    }
    if (plan.staged()) {
      return new TableShape(plan.schema(), List.of());
    }
    return inferred(session, plan, description.partitionBy());
  }

  private static TableShape inferred(SparkSession session, ReadPlan plan, List<String> declaredPartitions) {
    BaseRelation relation;
    try {
      relation = NativeSource.relation(session, plan);
    } catch (Throwable error) {
      if (error instanceof AnalysisException analysis && nothingThere(analysis)) {
        return new TableShape(new StructType(), declaredPartitions);
      }
      throw DaoErrors.unchecked(error);
    }
    List<String> partitions = new ArrayList<>();
    if (relation instanceof HadoopFsRelation files) {
      for (StructField field : files.partitionSchema().fields()) {
        partitions.add(field.name());
      }
    }
    return new TableShape(relation.schema().asNullable(), partitions);
  }

  /** The partition columns with their types. */
  StructType partitionSchema() {
    StructType result = new StructType();
    for (String column : partitionBy) {
      for (StructField field : schema.fields()) {
        result = field.name().equalsIgnoreCase(column) ? result.add(field) : result;
      }
    }
    return result;
  }

  /** The columns that the files themselves hold. */
  StructType withoutPartitions() {
    StructType result = new StructType();
    for (StructField field : schema.fields()) {
      boolean isPartition = partitionBy.stream().anyMatch(field.name()::equalsIgnoreCase);
      result = isPartition ? result : result.add(field);
    }
    return result;
  }

  Transform[] partitioning() {
    return partitionBy.stream().map(Expressions::identity).toArray(Transform[]::new);
  }

  private static boolean nothingThere(AnalysisException error) {
    return error.getCondition() != null && NOTHING_THERE.stream().anyMatch(error.getCondition()::startsWith);
  }

  private static boolean holds(StructType schema, List<String> columns) {
    List<String> names = List.of(schema.fieldNames()).stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
    return columns.stream().allMatch(column -> names.contains(column.toLowerCase(Locale.ROOT)));
  }
}
