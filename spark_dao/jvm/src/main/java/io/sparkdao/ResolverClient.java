package io.sparkdao;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Keeps one resolver process running, and turns its answers into values and exceptions. */
final class ResolverClient {
  private static final int ATTEMPTS = 2;
  private static final long SECONDS_TO_RELEASE = 15;

  private final ResolverPython python;
  private ResolverProcess process;
  private boolean staged;

  ResolverClient(ResolverPython python) {
    this.python = python;
    Runtime.getRuntime().addShutdownHook(new Thread(this::close, "spark-dao-resolver-end"));
  }

  JsonNode ask(String op, String catalog, Map<String, String> conf, ObjectNode fields) {
    boolean once = fields.path("once").asBoolean();
    for (int attempt = 1; ; attempt++) {
      try {
        return value(answer(running(op).ask(op, catalog, conf, fields)));
      } catch (ResolverProcess.Ended ended) {
        if (!ended.hadStarted() || once || attempt == ATTEMPTS) {
          throw DaoErrors.analysis(ended.getMessage());
        }
      }
    }
  }

  private synchronized ResolverProcess running(String op) {
    if (process == null || !process.isAlive()) {
      process = new ResolverProcess(python);
    }
    staged |= op.equals("stage_read");
    return process;
  }

  private static JsonNode answer(CompletableFuture<JsonNode> future) {
    try {
      return future.get();
    } catch (ExecutionException failure) {
      throw DaoErrors.unchecked(failure.getCause());
    } catch (InterruptedException interrupted) {
      // Spark cancels queries by interrupting their threads.
      throw DaoErrors.unchecked(interrupted);
    }
  }

  private static JsonNode value(JsonNode answer) {
    JsonNode error = answer.get("error");
    if (error == null) {
      return answer.get("ok");
    }
    if (error.path("kind").asText().equals("InternalError")) {
      throw DaoErrors.analysis("spark_dao failed (see the driver's stderr): " + error.path("message").asText());
    }
    throw DaoErrors.analysis(error.path("message").asText());
  }

  /** Releases what was staged and not collected; the process itself ends with its stdin. */
  private void close() {
    ResolverProcess last;
    synchronized (this) {
      last = process;
    }
    if (last == null || !last.isAlive()) {
      return;
    }
    try {
      if (staged) {
        last.ask("close", "", Map.of(), Json.object()).get(SECONDS_TO_RELEASE, TimeUnit.SECONDS);
      }
    } catch (ExecutionException | TimeoutException failure) {
      System.err.println("spark_dao: staged reads were left behind: " + failure);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } finally {
      last.end();
    }
  }
}
