package io.sparkdao;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.UUID;
import org.apache.spark.sql.SaveMode;

/**
 * A warehouse's table: files are staged where the plan says, then the interface loads them in one transaction.
 *
 * @param planner speaks with the resolver
 * @param name the object
 * @param plan a plan with a token
 */
record StagedLoad(Planner planner, String name, WritePlan plan) implements WriteTarget {

  @Override
  public Staging begin(SaveMode mode) {
    if (plan.skip()) {
      return null;
    }
    return new Staging(plan.path(), UUID.randomUUID().toString(), true);
  }

  @Override
  public void commit(Staging staging, Replacement replacement, List<StagedFile> files) {
    ObjectNode request = request();
    ArrayNode listed = request.putArray("files");
    String folder = staging.folder().replaceFirst("/+$", "");
    for (StagedFile file : files) {
      listed.addArray().add(folder + "/" + file.path()).add(file.bytes()).addNull();
    }
    String cancellation = UUID.randomUUID().toString();
    request.put("cancellation", cancellation);
    LongWork.cancellable(
        () -> planner.ask("commit_write", name, request),
        () -> planner.ask("cancel", name, Json.object().put("cancellation", cancellation)));
  }

  @Override
  public void abort(Staging staging) {
    planner.ask("abort_write", name, request());
  }

  private ObjectNode request() {
    ObjectNode request = Json.object();
    request.set("token", plan.token());
    return request;
  }
}
