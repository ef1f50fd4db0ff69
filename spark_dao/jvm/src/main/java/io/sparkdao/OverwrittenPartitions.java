package io.sparkdao;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.catalyst.expressions.And;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.BinaryComparison;
import org.apache.spark.sql.catalyst.expressions.Cast;
import org.apache.spark.sql.catalyst.expressions.EqualNullSafe;
import org.apache.spark.sql.catalyst.expressions.EqualTo;
import org.apache.spark.sql.catalyst.expressions.EvalMode;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataTypes;

/**
 * Reads out of the condition of an overwrite which partitions it replaces. Files can be replaced by whole partitions
 * only, and only where a leading part of the partition columns says which.
 */
final class OverwrittenPartitions {
  private OverwrittenPartitions() {}

  /** Returns the partition values, none where everything is replaced. */
  static Map<String, String> of(Expression condition, WritableObject table, SparkSession session) {
    Map<String, String> values = new LinkedHashMap<>();
    if (!collect(condition, values, session.sessionState().conf().sessionLocalTimeZone())) {
      throw refused(condition, table);
    }
    Map<String, String> ordered = new LinkedHashMap<>();
    for (String column : table.shape().partitionBy()) {
      String key = values.keySet().stream().filter(column::equalsIgnoreCase).findFirst().orElse(null);
      if (key == null) {
        break;
      }
      ordered.put(column, values.remove(key));
    }
    if (!values.isEmpty()) {
      throw refused(condition, table);
    }
    return ordered;
  }

  private static boolean collect(Expression condition, Map<String, String> values, String timeZone) {
    if (condition instanceof Literal literal && literal.dataType() instanceof BooleanType) {
      return Boolean.TRUE.equals(literal.value());
    }
    if (condition instanceof And and) {
      return collect(and.left(), values, timeZone) && collect(and.right(), values, timeZone);
    }
    if (!(condition instanceof EqualTo || condition instanceof EqualNullSafe)) {
      return false;
    }
    BinaryComparison comparison = (BinaryComparison) condition;
    if (!(comparison.left() instanceof Attribute column) || !comparison.right().foldable()) {
      return false;
    }
    Object value =
        new Cast(comparison.right(), DataTypes.StringType, Scala.option(timeZone), EvalMode.LEGACY()).eval(null);
    if (value == null && condition instanceof EqualTo) {
      return false;
    }
    return values.put(column.name(), value == null ? null : value.toString()) == null;
  }

  private static RuntimeException refused(Expression condition, WritableObject table) {
    List<String> columns = table.shape().partitionBy();
    return DaoErrors.analysis(
        table.object().name()
            + ": files can be overwritten as a whole or by equality on their leading partition columns "
            + columns + ", found the condition `" + condition.sql()
            + "`; declare the object with `format: delta` for others");
  }
}
