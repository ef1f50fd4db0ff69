package io.sparkdao;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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

  /** Option by which a looked up table hands its plan on; it has no secrets, as no plan has. */
  static final String OPTION = "__dao_plan";

  static ReadPlan of(JsonNode plan) {
    return new ReadPlan(
        plan.get("format").asText(),
        Json.strings(plan.get("paths")),
        Json.stringMap(plan.get("options")),
        Json.isNull(plan.get("schema")) ? null : StructType.fromDDL(plan.get("schema").asText()),
        Json.strings(plan.get("partition_by")),
        Json.isNull(plan.get("token")) ? null : plan.get("token"));
  }

  /** Spells the plan so that {@link #of} reads it back. */
  String toJson() {
    ObjectNode plan = Json.object().put("format", format).put("schema", schema == null ? null : schema.toDDL());
    plan.set("paths", Json.array(paths));
    plan.set("options", Json.object(options));
    plan.set("partition_by", Json.array(partitionBy));
    plan.set("token", token);
    return plan.toString();
  }

  ReadPlan withSchema(StructType said) {
    return new ReadPlan(format, paths, options, said, partitionBy, token);
  }

  boolean staged() {
    return token != null;
  }
}
