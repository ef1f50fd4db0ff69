package io.sparkdao;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SaveMode;

/**
 * What Spark shall write: {@code spark_dao.plans.WritePlan}.
 *
 * @param batchId id of a batch of plain files that the caller named, null for all others
 * @param published whether the files are plain ones, which are staged and then published by the journal
 * @param skip whether there is nothing to do at all (mode ignore, and the object exists)
 */
record WritePlan(
    String format,
    String path,
    SaveMode mode,
    Map<String, String> options,
    List<String> partitionBy,
    JsonNode token,
    String batchId,
    boolean published,
    boolean skip) {

  static WritePlan of(JsonNode answer) {
    JsonNode plan = answer.get("plan");
    return new WritePlan(
        plan.get("format").asText(),
        plan.get("path").asText(),
        mode(plan.get("mode").asText()),
        Json.stringMap(plan.get("options")),
        Json.strings(plan.get("partition_by")),
        Json.isNull(plan.get("token")) ? null : plan.get("token"),
        Json.text(plan, "batch_id"),
        answer.path("publish").asBoolean(false),
        answer.path("skip").asBoolean(false));
  }

  boolean staged() {
    return token != null;
  }

  static SaveMode mode(String name) {
    return switch (name) {
      case "append" -> SaveMode.Append;
      case "overwrite" -> SaveMode.Overwrite;
      case "ignore" -> SaveMode.Ignore;
      default -> SaveMode.ErrorIfExists;
    };
  }

  static String nameOf(SaveMode mode) {
    return mode.name().toLowerCase(java.util.Locale.ROOT);
  }
}
