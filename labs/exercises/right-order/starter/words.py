PLACE = "the harbour"
