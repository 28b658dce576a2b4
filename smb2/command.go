package smb2

import "fmt"

// A Command says what a message asks or answers, [MS-SMB2] 2.2.1.2.
type Command uint16

const (
	CommandNegotiate      Command = 0x00
	CommandSessionSetup   Command = 0x01
	CommandLogoff         Command = 0x02
	CommandTreeConnect    Command = 0x03
	CommandTreeDisconnect Command = 0x04
	CommandCreate         Command = 0x05
	CommandClose          Command = 0x06
	CommandFlush          Command = 0x07
	CommandRead           Command = 0x08
	CommandWrite          Command = 0x09
	CommandLock           Command = 0x0a
	CommandIoctl          Command = 0x0b
	CommandCancel         Command = 0x0c
	CommandEcho           Command = 0x0d
	CommandQueryDirectory Command = 0x0e
	CommandChangeNotify   Command = 0x0f
	CommandQueryInfo      Command = 0x10
	CommandSetInfo        Command = 0x11
	CommandOplockBreak    Command = 0x12
	CommandServerToClient Command = 0x13
)

var commandNames = [...]string{
	"NEGOTIATE", "SESSION_SETUP", "LOGOFF", "TREE_CONNECT", "TREE_DISCONNECT",
	"CREATE", "CLOSE", "FLUSH", "READ", "WRITE", "LOCK", "IOCTL", "CANCEL",
	"ECHO", "QUERY_DIRECTORY", "CHANGE_NOTIFY", "QUERY_INFO", "SET_INFO",
	"OPLOCK_BREAK", "SERVER_TO_CLIENT",
}

func (c Command) String() string {
	if int(c) < len(commandNames) {
		return commandNames[c]
	}
	return fmt.Sprintf("command %#x", uint16(c))
}
