package io.sparkdao;

import io.sparkdao.WriteTarget.StagedFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.mapreduce.JobContext;
import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.spark.internal.io.FileCommitProtocol;
import org.apache.spark.internal.io.FileNameSpec;
import scala.Option;
import scala.collection.immutable.Seq;

/**
 * Tasks write straight into a staging folder, under names that no other attempt has, and report what they wrote. Only
 * the files of committed tasks are published; so nothing has to be renamed before that.
 */
final class StagingCommitProtocol extends FileCommitProtocol implements java.io.Serializable {
  private static final long serialVersionUID = 1L;

  private final String folder;
  private final String batchId;
  private final String subfolder;
  private transient List<StagedFile> committed = new ArrayList<>();
  private transient List<String> written;

  /**
   * @param folder URI of the staging folder
   * @param batchId what the files' names carry
   * @param subfolder where in it all files go, empty for the folder itself
   */
  StagingCommitProtocol(String folder, String batchId, String subfolder) {
    this.folder = folder;
    this.batchId = batchId;
    this.subfolder = subfolder;
  }

  /** Returns the files of all committed tasks, once the job is committed. */
  List<StagedFile> committedFiles() {
    return committed;
  }

  @Override
  public void setupJob(JobContext job) {}

  @Override
  @SuppressWarnings("unchecked")
  public void commitJob(JobContext job, Seq<TaskCommitMessage> messages) {
    List<StagedFile> files = new ArrayList<>();
    for (TaskCommitMessage message : Scala.list(messages)) {
      files.addAll((List<StagedFile>) message.obj());
    }
    committed = files;
  }

  /** Leaves the clearing to the write's target, which knows the whole folder. */
  @Override
  public void abortJob(JobContext job) {}

  @Override
  public void setupTask(TaskAttemptContext task) {
    written = new ArrayList<>();
  }

  @Override
  public String newTaskTempFile(TaskAttemptContext task, Option<String> directory, FileNameSpec name) {
    int partition = task.getTaskAttemptID().getTaskID().getId();
    // Spark numbers attempts through the whole application, so two attempts of one task never share a name.
    int attempt = task.getTaskAttemptID().getId();
    String file =
        String.format(
            Locale.ROOT, "%spart-%05d-%s-%d%s", name.prefix(), partition, batchId, attempt, name.suffix());
    String path = directory.isDefined() ? directory.get() + "/" + file : file;
    path = subfolder.isEmpty() ? path : subfolder + "/" + path;
    written.add(path);
    return located(path).toString();
  }

  @Override
  public String newTaskTempFileAbsPath(TaskAttemptContext task, String directory, FileNameSpec name) {
    throw new UnsupportedOperationException("dao's tables have no partitions outside their folder");
  }

  @Override
  public TaskCommitMessage commitTask(TaskAttemptContext task) {
    ArrayList<StagedFile> files = new ArrayList<>();
    try {
      for (String path : written) {
        Path file = located(path);
        FileSystem fileSystem = file.getFileSystem(task.getConfiguration());
        files.add(new StagedFile(path, fileSystem.getFileStatus(file).getLen()));
      }
    } catch (java.io.FileNotFoundException error) {
      throw new UncheckedIOException("a file that this task wrote is gone", error);
    } catch (IOException error) {
      throw new UncheckedIOException("could not look at a file that this task wrote", error);
    }
    return new TaskCommitMessage(files);
  }

  @Override
  public void abortTask(TaskAttemptContext task) {
    for (String path : written == null ? List.<String>of() : written) {
      Path file = located(path);
      try {
        file.getFileSystem(task.getConfiguration()).delete(file, false);
      } catch (IOException error) {
        // It is in no commit message, so nobody will see it, and the whole folder is cleared later.
        log().warn("could not delete {} of a failed task", file, error);
      }
    }
  }

  private Path located(String path) {
    return new Path(folder.replaceFirst("/+$", "") + "/" + path);
  }
}
