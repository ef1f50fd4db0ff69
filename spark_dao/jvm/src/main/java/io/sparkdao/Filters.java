package io.sparkdao;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigDecimal;
import java.sql.Date;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.apache.spark.sql.sources.And;
import org.apache.spark.sql.sources.EqualNullSafe;
import org.apache.spark.sql.sources.EqualTo;
import org.apache.spark.sql.sources.Filter;
import org.apache.spark.sql.sources.GreaterThan;
import org.apache.spark.sql.sources.GreaterThanOrEqual;
import org.apache.spark.sql.sources.In;
import org.apache.spark.sql.sources.IsNotNull;
import org.apache.spark.sql.sources.IsNull;
import org.apache.spark.sql.sources.LessThan;
import org.apache.spark.sql.sources.LessThanOrEqual;
import org.apache.spark.sql.sources.Or;
import org.apache.spark.sql.sources.StringContains;
import org.apache.spark.sql.sources.StringEndsWith;
import org.apache.spark.sql.sources.StringStartsWith;
import org.apache.spark.sql.types.StructType;

/** Says Spark's filters in the form of {@code spark_dao.plans.Filter}. */
final class Filters {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final DateTimeFormatter TIMESTAMP = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSxxx");

  private Filters() {}

  /** Adds a filter to the conditions; false where it cannot be said, or is not about a top-level column. */
  static boolean add(Filter filter, StructType schema, ArrayNode conditions) {
    if (filter instanceof And and) {
      // Half of a conjunction may be left out, since Spark evaluates all of it again.
      boolean left = add(and.left(), schema, conditions);
      return add(and.right(), schema, conditions) || left;
    }
    List<String> columns = Arrays.stream(filter.references()).distinct().toList();
    if (columns.size() != 1 || !List.of(schema.fieldNames()).contains(columns.get(0))) {
      return false;
    }
    if (filter instanceof EqualTo each) {
      return add("=", each.attribute(), each.value(), conditions);
    } else if (filter instanceof EqualNullSafe each) {
      return add("<=>", each.attribute(), each.value(), conditions);
    } else if (filter instanceof LessThan each) {
      return add("<", each.attribute(), each.value(), conditions);
    } else if (filter instanceof LessThanOrEqual each) {
      return add("<=", each.attribute(), each.value(), conditions);
    } else if (filter instanceof GreaterThan each) {
      return add(">", each.attribute(), each.value(), conditions);
    } else if (filter instanceof GreaterThanOrEqual each) {
      return add(">=", each.attribute(), each.value(), conditions);
    } else if (filter instanceof StringStartsWith each) {
      return add("startswith", each.attribute(), each.value(), conditions);
    } else if (filter instanceof StringEndsWith each) {
      return add("endswith", each.attribute(), each.value(), conditions);
    } else if (filter instanceof StringContains each) {
      return add("contains", each.attribute(), each.value(), conditions);
    } else if (filter instanceof IsNull each) {
      conditions.addArray().add("isnull").add(each.attribute()).addNull();
      return true;
    } else if (filter instanceof IsNotNull each) {
      conditions.addArray().add("isnotnull").add(each.attribute()).addNull();
      return true;
    }
    if (filter instanceof Or each) {
      List<Object> values = new ArrayList<>();
      return collectEqual(each, values) && addIn(new In(columns.get(0), values.toArray()), conditions);
    }
    return filter instanceof In each && addIn(each, conditions);
  }

  /** Collects the values of alternatives that are all equalities; that they are of one column is known. */
  private static boolean collectEqual(Filter filter, List<Object> values) {
    if (filter instanceof Or or) {
      return collectEqual(or.left(), values) && collectEqual(or.right(), values);
    }
    if (filter instanceof In in) {
      return values.addAll(Arrays.asList(in.values()));
    }
    return filter instanceof EqualTo equal && values.add(equal.value());
  }

  private static boolean add(String op, String column, Object literal, ArrayNode conditions) {
    JsonNode value = value(literal);
    if (value == null) {
      return false;
    }
    conditions.addArray().add(op).add(column).add(value);
    return true;
  }

  private static boolean addIn(In filter, ArrayNode conditions) {
    ArrayNode values = NODES.arrayNode();
    for (Object literal : filter.values()) {
      JsonNode value = value(literal);
      if (value == null) {
        return false;
      }
      values.add(value);
    }
    conditions.addArray().add("in").add(filter.attribute()).add(values);
    return true;
  }

  private static JsonNode value(Object literal) {
    if (literal instanceof Boolean flag) {
      return NODES.booleanNode(flag);
    } else if (literal instanceof String text) {
      return NODES.textNode(text);
    } else if (literal instanceof Float || literal instanceof Double) {
      double number = ((Number) literal).doubleValue();
      return Double.isFinite(number) ? NODES.numberNode(number) : typed("double", Double.toString(number));
    } else if (literal instanceof BigDecimal number) {
      return typed("decimal", number.toPlainString());
    } else if (literal instanceof Number number) {
      return NODES.numberNode(number.longValue());
    } else if (literal instanceof LocalDate date) {
      return typed("date", date.toString());
    } else if (literal instanceof Date date) {
      return typed("date", date.toLocalDate().toString());
    } else if (literal instanceof Instant instant) {
      return typed("timestamp", TIMESTAMP.format(instant.atOffset(ZoneOffset.UTC)));
    } else if (literal instanceof Timestamp timestamp) {
      return typed("timestamp", TIMESTAMP.format(timestamp.toInstant().atOffset(ZoneOffset.UTC)));
    } else if (literal instanceof LocalDateTime time) {
      return typed("timestamp_ntz", time.toString());
    } else if (literal instanceof byte[] bytes) {
      return typed("binary", Base64.getEncoder().encodeToString(bytes));
    }
    return null;
  }

  private static JsonNode typed(String type, String value) {
    return NODES.objectNode().put("type", type).put("value", value);
  }
}
