package io.sparkdao;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** One running resolver: lines of JSON over its stdin and stdout. */
final class ResolverProcess {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().configure(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS.mappedFeature(), true);
  private static final int SECONDS_TO_START = 60;
  private static final int CONFS_KEPT = 1000;

  private final ResolverPython python;
  private final ResolverStart start;
  private final Map<Long, CompletableFuture<JsonNode>> pending = new ConcurrentHashMap<>();
  private final Map<Map<String, String>, String> sentConfs = new HashMap<>();
  private final CompletableFuture<Process> started = new CompletableFuture<>();
  private final Process process;
  private final OutputStream requests;
  private long lastId;
  private long lastConf;
  private boolean ended;
  private volatile boolean greeted;

  /** Starts the process and waits until it has said its version. */
  ResolverProcess(ResolverPython python) {
    this.python = python;
    this.start = new ResolverStart(python);
    Thread reader = new Thread(this::startAndRead, "spark-dao-resolver");
    reader.setDaemon(true);
    reader.start();
    process = started();
    requests = process.getOutputStream();
    greet();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  void end() {
    process.destroyForcibly();
  }

  /** Sends a question; the answer completes the future, or {@link Ended} where the process dies first. */
  CompletableFuture<JsonNode> ask(String op, String catalog, Map<String, String> conf, ObjectNode fields) {
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    synchronized (pending) {
      if (ended) {
        throw new Ended(start.endedLater(process), greeted);
      }
      ObjectNode request = fields.deepCopy().put("id", ++lastId).put("op", op).put("catalog", catalog);
      addConf(request, conf);
      pending.put(lastId, answer);
      try {
        requests.write((MAPPER.writeValueAsString(request) + "\n").getBytes(StandardCharsets.UTF_8));
        requests.flush();
      } catch (IOException error) {
        // It has just died; the reader sees its end, and says so to everybody who waits.
        process.destroyForcibly();
      }
    }
    return answer;
  }

  private void addConf(ObjectNode request, Map<String, String> conf) {
    String id = sentConfs.get(conf);
    if (id == null) {
      if (sentConfs.size() >= CONFS_KEPT) {
        sentConfs.clear();
      }
      id = Long.toString(++lastConf);
      sentConfs.put(conf, id);
      request.set("conf", Json.object(conf));
    }
    request.put("conf_id", id);
  }

  // The thread that starts a process is the parent whose end the process is told of, so it must live as long.
  private void startAndRead() {
    Process begun;
    try {
      begun = python.command().start();
    } catch (IOException error) {
      started.completeExceptionally(new Ended(start.notStarted(error), false));
      return;
    }
    start.forwardErrors(begun);
    started.complete(begun);
    try (BufferedReader answers = begun.inputReader(StandardCharsets.UTF_8)) {
      for (String line = answers.readLine(); line != null; line = answers.readLine()) {
        take(line);
      }
    } catch (IOException error) {
      begun.destroyForcibly();
    }
    failAll(begun);
  }

  private void take(String line) {
    try {
      JsonNode answer = MAPPER.readTree(line);
      CompletableFuture<JsonNode> waiting = pending.remove(answer.path("id").asLong(-1));
      if (waiting != null) {
        waiting.complete(answer);
        return;
      }
    } catch (JsonProcessingException error) {
      // Something that Python ran before the resolver itself (a site module) has printed.
    }
    System.err.println(line);
  }

  private void failAll(Process begun) {
    String reason;
    if (greeted) {
      begun.destroyForcibly();
      reason = start.endedLater(begun);
    } else {
      // Destroying closes the stream that says why a process ended at once.
      reason = start.endedAtOnce(begun);
      begun.destroyForcibly();
    }
    synchronized (pending) {
      ended = true;
      Ended failure = new Ended(reason, greeted);
      pending.values().forEach(waiting -> waiting.completeExceptionally(failure));
      pending.clear();
    }
  }

  private Process started() {
    try {
      return started.get();
    } catch (ExecutionException failure) {
      throw DaoErrors.unchecked(failure.getCause());
    } catch (InterruptedException interrupted) {
      throw DaoErrors.unchecked(interrupted);
    }
  }

  private void greet() {
    try {
      JsonNode hello = ask("hello", "", Map.of(), Json.object()).get(SECONDS_TO_START, TimeUnit.SECONDS);
      String problem = start.versionProblem(hello.path("ok").path("version").asText());
      if (problem != null) {
        throw new Ended(problem, false);
      }
      greeted = true;
    } catch (ExecutionException failure) {
      throw DaoErrors.unchecked(failure.getCause());
    } catch (TimeoutException late) {
      throw new Ended(start.notInTime(SECONDS_TO_START), false);
    } catch (InterruptedException interrupted) {
      throw DaoErrors.unchecked(interrupted);
    } finally {
      if (!greeted) {
        end();
      }
    }
  }

  /** The process has ended, or could not be started. */
  static final class Ended extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean hadStarted;

    Ended(String message, boolean hadStarted) {
      super(message);
      this.hadStarted = hadStarted;
    }

    /** Whether it had answered before; else starting it again would be no better. */
    boolean hadStarted() {
      return hadStarted;
    }
  }
}
