package io.sparkdao;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.types.StructType;

/** What Spark shall read: {@code spark_dao.plans.ReadPlan}. */
record ReadPlan(
    String format,
    List<String> paths,
    Map<String, String> options,
    StructType schema,
    List<String> partitionBy,
    JsonNode token) {

  static ReadPlan of(JsonNode plan) {
    return new ReadPlan(
        plan.get("format").asText(),
        Json.strings(plan.get("paths")),
        Json.stringMap(plan.get("options")),
        Json.isNull(plan.get("schema")) ? null : StructType.fromDDL(plan.get("schema").asText()),
        Json.strings(plan.get("partition_by")),
        Json.isNull(plan.get("token")) ? null : plan.get("token"));
  }

  ReadPlan withSchema(StructType said) {
    return new ReadPlan(format, paths, options, said, partitionBy, token);
  }

  boolean staged() {
    return token != null;
  }
}
