package fscc

import "fmt"

// A Notification is FILE_NOTIFY_INFORMATION, [MS-FSCC] 2.7.1.
//
//	NextEntryOffset[4] Action[4] FileNameLength[4] FileName[variable]
type Notification struct {
	Action Action
	Name   []byte // relative to the directory that is watched
}

// An Action is what happened to a name.
type Action uint32

const (
	ActionAdded          Action = 1
	ActionRemoved        Action = 2
	ActionModified       Action = 3
	ActionRenamedOldName Action = 4
	ActionRenamedNewName Action = 5
	ActionAddedStream    Action = 6
	ActionRemovedStream  Action = 7
	ActionModifiedStream Action = 8
)

func (a Action) String() string {
	names := [...]string{"", "added", "removed", "modified", "renamed from", "renamed to",
		"stream added", "stream removed", "stream modified"}
	if a > 0 && uint64(a) < uint64(len(names)) {
		return names[a]
	}
	return fmt.Sprintf("action %#x", uint32(a))
}

const notifyInformation, notifySection = "FILE_NOTIFY_INFORMATION", "2.7.1"

// ParseNotifications appends the entries of a list to list.
func ParseNotifications(list []Notification, b []byte) ([]Notification, error) {
	err := entries(b, 4, notifyInformation, notifySection, func(entry []byte) error {
		c := cursor{entry, true}
		c.u32() // NextEntryOffset
		action := Action(c.u32())
		list = append(list, Notification{action, c.name(c.u32())})
		return c.done(notifyInformation, notifySection)
	})
	return list, err
}

// Append appends an entry, the last until it is linked.
func (r *Notification) Append(b []byte) []byte {
	b = le32(le32(b, 0), uint32(r.Action))
	return append(le32(b, uint32(len(r.Name))), r.Name...)
}
