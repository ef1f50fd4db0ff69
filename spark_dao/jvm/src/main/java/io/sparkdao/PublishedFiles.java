package io.sparkdao;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.apache.spark.sql.SaveMode;

/**
 * Plain files: staged in a hidden folder of the target, then published by the journal that all doors share
 * ({@code spark_dao.spark.publish}), so that each recovers what another left half done.
 *
 * @param planner speaks with the resolver
 * @param name the object
 * @param path its folder
 * @param namedBatch id of a stream's batch or of one that the caller named, null for other writes; one that is visible
 *     already is not written again
 */
record PublishedFiles(Planner planner, String name, String path, String namedBatch) implements WriteTarget {

  @Override
  public Staging begin(SaveMode mode) {
    ObjectNode request = request();
    if (namedBatch != null) {
      request.put("batch_id", namedBatch);
    }
    JsonNode answer = planner.ask("begin_write", name, request);
    boolean present = answer.path("has_files").asBoolean();
    if (answer.path("published").asBoolean() || (present && mode == SaveMode.Ignore)) {
      return null;
    }
    if (present && mode == SaveMode.ErrorIfExists) {
      throw DaoErrors.analysis(
          name + ", key `mode`: there is data in " + path
              + " already; say mode `append` or `overwrite` to add to it or replace it");
    }
    return new Staging(answer.get("staging").asText(), answer.get("batch_id").asText(), present);
  }

  @Override
  public void commit(Staging staging, Replacement replacement, List<StagedFile> files) {
    ObjectNode request = request();
    request.put("batch_id", staging.batchId());
    request.put("mode", replacement.mode() == SaveMode.Overwrite ? "overwrite" : "append");
    request.put("dynamic", replacement.dynamic());
    request.set("replace", replacement.folders() == null ? null : Json.array(replacement.folders()));
    request.set("files", Json.array(files.stream().map(StagedFile::path).toList()));
    planner.ask("publish_write", name, request);
  }

  @Override
  public void abort(Staging staging) {
    ObjectNode request = request();
    request.put("batch_id", staging.batchId());
    planner.ask("abort_publish", name, request);
  }

  private ObjectNode request() {
    return Json.object().put("path", path);
  }
}
