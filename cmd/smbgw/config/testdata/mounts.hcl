listen "office" {
  address     = "tcp!*!445"
  min_dialect = "3.0.1"
  encrypt     = "requird"
  sign        = "off"
}
listen "blind" {
  address     = "tcp!*!446"
  relay       = "nas"
  min_dialect = "3.0"
  encrypt     = "off"
}
backend "nas" {
  address     = ["tcp!nas!445"]
  connections = "pooled"
  encrypt     = "off"
}
users {
  file  = "no-such-users"
  guest = "yes"
}
mount "a/b" {
  backend = "nos"
}
mount "ipc$" {
  backend = "nas"
  share   = ""
}
mount "one" {
  backend = "nas"
  as      = "sam"
}
mount "ONE" {
  backend = "nas"
  as      = { user = "svc" }
}
mount "two" {
  share = "x"
  as    = { usr = "svc", password_file = "no-such-password" }
}
mount "three" {
  backend = "nas"
  as      = 3
}
