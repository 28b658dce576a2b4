# Every listener relays.
listen "office" {
  address = "tcp!*!445"
  relay   = "nas"
}
backend "nas" {
  address = ["tcp!nas!445"]
}
mount "projects" {
  backend = "nas"
}
users {
}
