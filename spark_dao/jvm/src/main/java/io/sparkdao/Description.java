package io.sparkdao;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.connector.catalog.TableCatalog;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * What the resolver says of an object.
 *
 * @param node its answer to {@code describe}; secrets are redacted there
 */
record Description(JsonNode node) {

  /** Tells whether there is something to read; a declared object may still be waiting for its first rows. */
  boolean exists() {
    return node.path("exists").asBoolean();
  }

  boolean declared() {
    return node.path("declared").asBoolean();
  }

  /** Why it does not exist, with near misses. */
  String message() {
    return Json.text(node, "message");
  }

  String format() {
    String format = Json.text(node, "format");
    return format == null ? "parquet" : format;
  }

  boolean isDelta() {
    return format().equalsIgnoreCase("delta");
  }

  boolean staged() {
    return node.path("staged").asBoolean();
  }

  String location() {
    return Json.text(node, "location");
  }

  List<String> partitionBy() {
    return Json.strings(node.get("partition_by"));
  }

  /** The plan to read it all, null where that needs more to be said or the object is missing. */
  ReadPlan read() {
    JsonNode answer = node.get("read");
    return Json.isNull(answer) ? null : ReadPlan.of(answer.get("plan"));
  }

  Map<String, String> hadoop() {
    JsonNode answer = node.get("read");
    return Json.isNull(answer) ? Map.of() : Json.stringMap(answer.get("hadoop"));
  }

  /** The declared schema with its partition columns last, as Spark's tables have them; null where none is declared. */
  StructType schema() {
    String ddl = Json.text(node, "schema");
    return ddl == null ? null : partitionsLast(StructType.fromDDL(ddl), partitionBy());
  }

  /** What DESCRIBE EXTENDED shows beyond the columns. */
  Map<String, String> properties() {
    Map<String, String> result = new LinkedHashMap<>(Json.stringMap(node.get("properties")));
    for (String field : List.of("store", "interface_class", "format")) {
      String value = Json.text(node, field);
      if (value != null) {
        result.put(field, value);
      }
    }
    List<String> keys = Json.strings(node.get("primary_keys"));
    if (!keys.isEmpty()) {
      result.put("primary_keys", String.join(",", keys));
    }
    return result;
  }

  /** The properties of a SQL table, those that Spark reserves among them. */
  Map<String, String> tableProperties() {
    Map<String, String> result = new LinkedHashMap<>(properties());
    result.put(TableCatalog.PROP_PROVIDER, format());
    result.put(TableCatalog.PROP_EXTERNAL, "true");
    if (location() != null) {
      result.put(TableCatalog.PROP_LOCATION, location());
    }
    String comment = Json.text(node, "description");
    if (comment != null) {
      result.put(TableCatalog.PROP_COMMENT, comment);
    }
    return result;
  }

  static StructType partitionsLast(StructType schema, List<String> partitionBy) {
    List<StructField> data = new ArrayList<>();
    Map<String, StructField> partitions = new LinkedHashMap<>();
    partitionBy.forEach(column -> partitions.put(column.toLowerCase(java.util.Locale.ROOT), null));
    for (StructField field : schema.fields()) {
      String name = field.name().toLowerCase(java.util.Locale.ROOT);
      if (partitions.containsKey(name)) {
        partitions.put(name, field);
      } else {
        data.add(field);
      }
    }
    partitions.values().stream().filter(java.util.Objects::nonNull).forEach(data::add);
    return new StructType(data.toArray(new StructField[0]));
  }
}
