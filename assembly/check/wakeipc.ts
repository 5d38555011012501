// Sleepers in System V IPC and on message queues stand in the object's own queues and are served by wakers: looking again
// means to let a waker look.
import { IpcWait, WAIT_MQ_RECEIVE, WAIT_MQ_SEND, WAIT_MSG_RECEIVE, WAIT_MSG_SEND, WAIT_SEM } from "../ipc/ipcwait";
import { MqQueue, mqMessages } from "../ipc/mqueue";
import { MsgQueue, MsgWait, msgCouldEnd } from "../ipc/msg";
import { SemArray, update } from "../ipc/sem";
import { TASK_RUNNABLE, Task } from "../task/task";

/** Whether the sleeper could have been served by now. */
export function probeIpc(task: Task): bool {
  const wait = changetype<IpcWait>(task.ipcWait);
  switch (wait.kind) {
    case WAIT_MSG_SEND:
    case WAIT_MSG_RECEIVE: return msgCouldEnd(changetype<MsgQueue>(wait.object), changetype<MsgWait>(changetype<usize>(wait)));
    case WAIT_SEM: {
      const set = changetype<SemArray>(wait.object);
      set.version++;
      update(set, 0, 0, 0);
      return task.state == TASK_RUNNABLE;
    }
    case WAIT_MQ_RECEIVE: return mqMessages(changetype<MqQueue>(wait.object)).count > 0;
    case WAIT_MQ_SEND: {
      const q = changetype<MqQueue>(wait.object);
      return q.count < q.maxMessages;
    }
    default: return false;
  }
}
