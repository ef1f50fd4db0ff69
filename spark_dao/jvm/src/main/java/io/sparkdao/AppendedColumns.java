package io.sparkdao;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * Refuses to add files to an object whose columns are others, which Spark's file writers do without a word: later reads
 * fail, or show a csv's values under the wrong names. SQL's writes need no such look, since Spark aligns them itself, nor
 * does Delta. {@code dao.write} has the same check, with the same words, in {@code appended_columns.py}.
 */
final class AppendedColumns {
  private static final String MERGE = "mergeSchema";
  private static final Pattern LIMITED_TEXT = Pattern.compile("\\b(var)?char\\(\\d+\\)");

  private AppendedColumns() {}

  /**
   * Returns the request with the partitioning that the object's files have, where nobody said one.
   *
   * @param request a {@code save}; looked at only if it appends
   */
  static WriteRequest checked(WriteRequest request) {
    if (request.mode() != SaveMode.Append) {
      return request;
    }
    SparkSession session = request.session();
    ObjectName object = request.object();
    Description description = Planner.of(session, object).describe(object.name());
    boolean inferredByScan = description.schema() == null && description.format().equals("json");
    if (!description.exists() || description.isDelta() || description.staged() || inferredByScan) {
      return request;
    }
    TableShape shape = TableShape.of(session, description);
    if (shape.schema().isEmpty()) {
      return request;
    }
    checkPartitions(request, shape);
    checkColumns(request, shape, description);
    return shape.partitionBy().isEmpty() ? request : request.partitionedBy(shape.partitionBy());
  }

  private static void checkPartitions(WriteRequest request, TableShape shape) {
    List<String> said = request.partitionBy();
    if (said != null && !String.join(",", said).equalsIgnoreCase(String.join(",", shape.partitionBy()))) {
      throw DaoErrors.analysis(
          request.object().name() + ", key `partition_by`: expected " + shape.partitionBy()
              + ", as its files are partitioned, found " + said + "; leave partitionBy out, or overwrite the object");
    }
  }

  private static void checkColumns(WriteRequest request, TableShape shape, Description description) {
    boolean declared = description.schema() != null;
    boolean byPosition = description.format().equals("csv");
    boolean merging = !byPosition && !declared && isMerging(description);
    StructType known = shape.withoutPartitions();
    StructType found = new TableShape(request.query().schema(), shape.partitionBy()).withoutPartitions();
    Map<String, StructField> left = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (StructField field : known.fields()) {
      left.put(field.name(), field);
    }
    List<String> faults = new ArrayList<>();
    for (StructField field : found.fields()) {
      StructField expected = left.remove(field.name());
      if (expected == null) {
        if (!merging) {
          faults.add("`" + field.name() + "` is no column of it");
        }
      } else if (!(byPosition && !declared) && !stored(field).equals(stored(expected))) {
        faults.add(
            "`" + field.name() + "` is " + expected.dataType().catalogString() + ", found "
                + field.dataType().catalogString());
      }
    }
    if (byPosition || (!declared && !merging)) {
      left.keySet().forEach(name -> faults.add("`" + name + "` is missing"));
    }
    if (byPosition && faults.isEmpty() && !names(known).equalsIgnoreCase(names(found))) {
      faults.add("csv holds its columns in this order: " + names(known));
    }
    if (!faults.isEmpty()) {
      throw DaoErrors.analysis(
          request.object().name() + ": the data does not fit the object's columns: " + String.join("; ", faults)
              + "; select and cast the columns to fit, correct the object's `schema`, or overwrite the object");
    }
  }

  /** The type as files have it: nullable in every part, and text without a limit to its length. */
  private static String stored(StructField field) {
    return LIMITED_TEXT.matcher(field.dataType().catalogString()).replaceAll("string");
  }

  /** Tells whether reads bring the columns of all files together; else what a write adds would not be seen. */
  private static boolean isMerging(Description description) {
    ReadPlan read = description.read();
    return read != null && new CaseInsensitiveStringMap(read.options()).getBoolean(MERGE, false);
  }

  private static String names(StructType columns) {
    return String.join(", ", columns.fieldNames());
  }
}
