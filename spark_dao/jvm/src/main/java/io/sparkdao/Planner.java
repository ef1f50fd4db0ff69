package io.sparkdao;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.types.StructType;

/**
 * Asks Python for plans about one catalog's objects, and puts the Hadoop settings that come along in force.
 *
 * @param session the session that reads or writes
 * @param catalog the Spark catalog's name
 */
record Planner(SparkSession session, String catalog) {

  static Planner of(SparkSession session, ObjectName object) {
    return new Planner(session, object.catalog());
  }

  /** Describes an object; one that does not exist has {@code exists} false. */
  Description describe(String name) {
    return describe(name, Map.of());
  }

  /** Describes an object as a read with these options finds it. */
  Description describe(String name, Map<String, String> options) {
    return describe(name, options, null);
  }

  /** Describes an object as a read with these options finds it; {@code schema} is what the caller said, or null. */
  Description describe(String name, Map<String, String> options, StructType schema) {
    ObjectNode request = readRequest(options, schema);
    Description description = new Description(ask("describe", name, request));
    HadoopSettings.apply(session, description.hadoop());
    return description;
  }

  /** Plans a read; {@code schema} is what the caller said, or null. */
  ReadPlan read(String name, Map<String, String> options, StructType schema) {
    return ReadPlan.of(planned("plan_read", name, readRequest(options, schema)).get("plan"));
  }

  private static ObjectNode readRequest(Map<String, String> options, StructType schema) {
    ObjectNode request = Json.object();
    request.set("options", Json.object(withoutName(options)));
    if (schema != null) {
      request.put("schema", schema.toDDL());
    }
    return request;
  }

  /** Plans a write; {@code partitionBy} is what the caller said, or null where the object decides. */
  WritePlan write(
      String name, StructType schema, SaveMode mode, Map<String, String> options, List<String> partitionBy) {
    ObjectNode request = Json.object();
    request.set("schema", Json.parse(schema.json()));
    request.put("mode", WritePlan.nameOf(mode));
    request.set("options", Json.object(withoutName(options)));
    if (partitionBy != null) {
      request.set("partition_by", Json.array(partitionBy));
    }
    return WritePlan.of(planned("plan_write", name, request));
  }

  /** Asks anything else about an object. */
  JsonNode ask(String operation, String name, ObjectNode request) {
    request.put("name", name);
    return Resolver.of(session, catalog).ask(operation, request);
  }

  private JsonNode planned(String operation, String name, ObjectNode request) {
    JsonNode answer = ask(operation, name, request);
    HadoopSettings.apply(session, Json.stringMap(answer.get("hadoop")));
    return answer;
  }

  /** Returns what a caller said beyond the name of the object. */
  static Map<String, String> withoutName(Map<String, String> options) {
    Map<String, String> result = new LinkedHashMap<>(options);
    result.keySet().removeIf(option -> ObjectName.isPartOfTheName(option) || option.equals(ReadPlan.OPTION));
    return result;
  }
}
